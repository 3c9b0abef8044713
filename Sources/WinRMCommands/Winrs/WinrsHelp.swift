enum WinrsHelp {
  static let text = """
    Usage: winrs [-SWITCH[:VALUE]] COMMAND

    Runs COMMAND in a shell of a remote machine. Standard input, output and error are passed through, and the exit code is the command's.
    Switches start with - or /. The first word that is no switch starts the command.

      -r[emote]:ENDPOINT        [TRANSPORT://]HOST[:PORT][/PREFIX]; default localhost.
                                A bare HOST means port 5985, or 5986 with -usessl. http://HOST and https://HOST mean 80 and 443, and
                                where these refuse, 5985 and 5986.
      -a[uthentication]:METHOD  Negotiate (default) or CredSSP. CredSSP hands the password to the remote machine, so that commands
                                there can reach a third one; this machine's policy must allow that (winrm credssp get).
      -u[sername]:USER          USER, HOST\\USER or USER@REALM. Without it the logon agent of the session is used, where there is one.
      -p[assword]:PASSWORD      The password. It is blanked on the command line at once; @FILE takes the first line of a file, and
                                without the switch the password is asked for.
      -ad, -allowdelegate       The same as -a:CredSSP.
      -d[irectory]:PATH         Where the command starts; default the user's home.
      -env[ironment]:NAME=VALUE A variable for the command; may be repeated.
      -nop[rofile]              Leave the user's profile alone.
      -noe[cho]                 Do not echo what is typed on this terminal.
      -ssl, -usessl             HTTPS on its WinRM port.
      -un[encrypted]            Refused: unencrypted traffic is disabled.
      -comp[ression]            Not supported yet.
      -t[imeout]:SECONDS        Accepted, without effect.
      -?                        This text.

    Ctrl-C goes to the remote command; a second Ctrl-C ends winrs.
    Where winrs itself fails, it says why on standard error and exits with 255.

    Examples:
      winrs -r:server2 -a:CredSSP -u:alice hostname
      winrs -r:https://server2.example.com -u:alice@EXAMPLE.COM "ls -l /srv"
      winrs -r:[2001:db8::1] -u:SERVER2\\alice -p:@/run/secrets/alice -env:LANG=C uptime
    """
}
