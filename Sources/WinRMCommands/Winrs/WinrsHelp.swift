enum WinrsHelp {
  static let text = """
    Usage: winrs [-SWITCH[:VALUE]] COMMAND

    Runs COMMAND in a shell of a remote machine. Standard input, output and error are passed through, and the exit code is the command's.
    Switches start with - or /. The first word that is no switch starts the command. The words of the command are joined by single
    blanks and interpreted by the shell of the remote machine: what it must not interpret is to be quoted for that shell as well.

      -r[emote]:ENDPOINT        [TRANSPORT://]HOST[:PORT][/PREFIX]; default localhost.
                                A bare HOST means port 5985, or 5986 with -usessl. http://HOST and https://HOST mean 80 and 443, and
                                where these refuse, 5985 and 5986.
      -a[uthentication]:METHOD  Negotiate (default), Kerberos, CredSSP, Basic or Certificate. Negotiate is Kerberos, or NTLM where Kerberos
                                cannot be used. CredSSP hands the password to the remote machine, so that commands there can reach a third
                                one; this machine's policy must allow that (winrm credssp get). Basic shows it the password and must be on
                                in winrm/config/client/auth; over HTTP it needs -unencrypted and a host in TrustedHosts as well.
      -c[ertificate]:THUMBPRINT The client certificate that proves the user: HTTPS only, without -u (winrm certificate list -user).
      -u[sername]:USER          USER, DOMAIN\\USER, HOST\\USER, .\\USER or USER@REALM. Without it the Kerberos tickets at hand are used (kinit,
                                KRB5CCNAME), and in a remote session its logon agent.
      -p[assword]:PASSWORD      The password. It is blanked on the command line at once; @FILE takes the first line of a file, and
                                without the switch the password is asked for. It is UTF-8 and not empty.
      -ad, -allowdelegate       Let commands there reach a third machine: with -u and no -a the same as -a:CredSSP, otherwise by a
                                forwarded Kerberos ticket, where ticket and domain allow that. A warning says where they do not.
      -spn:SERVICE/HOST         The service that the remote machine must prove to be, in place of WSMAN, HTTP or HOST on HOST. Policy is
                                then asked about this host. Not a switch of Windows.
      -spnport                  The service's name ends in the port: HTTP/HOST:5985.
      -d[irectory]:PATH         Where the command starts; default the user's home.
      -env[ironment]:NAME=VALUE A variable for the command; may be repeated.
      -nop[rofile]              Leave the user's profile alone.
      -noe[cho]                 Do not echo what is typed on this terminal.
      -ssl, -usessl             HTTPS on its WinRM port.
      -un[encrypted]            Messages over HTTP are not encrypted, where AllowUnencrypted of winrm/config/client allows that. Not with
                                CredSSP; without effect over HTTPS.
      -encoding:utf-8|utf-16    How messages are written; default utf-8.
      -skipcacheck, -skipcncheck, -skiprevocationcheck
                                HTTPS: the certificate of the remote machine may come from anybody; may have another name; and may have
                                been revoked, which is never checked. A pinned certificate is checked in any case.
      -defaultcreds             With -a:Negotiate over HTTPS: the logon agent may be used although -skip... leaves the machine unproven.
      -proxyaccess:ie_settings  Go through the proxy that https_proxy or http_proxy names; no_proxy, the default, does not. The others of
                                -proxyauthentication:basic, -proxyusername:USER and -proxypassword:PASSWORD are for HTTPS.
      -comp[ression]            Not supported yet.
      -t[imeout]:SECONDS        Accepted, without effect.
      -v[erbose]                Say on standard error how both sides were proven, and what was delegated. Not a switch of Windows.
      -?, --help                This text.
      --version                 The version.

    Ctrl-C goes to the remote command. A second one within five seconds, when the command has written nothing in between, ends the
    command and winrs, which may take two seconds; a third one ends winrs at once. The count begins anew when the command writes.
    Ctrl-\\, SIGTERM and SIGHUP end the command and winrs.

    The exit code is the command's, of which the lowest eight bits are kept (255 where these are 0 and the code is not). 0xC000013A, which
    a Windows server says of a command ended by Ctrl-C, becomes 130. winrs ended by a signal exits with 128 and its number: 129 (SIGHUP),
    130 (Ctrl-C), 131 (SIGQUIT), 143 (SIGTERM). Where winrs itself fails, it says why on standard error and exits with 255.

    Examples:
      winrs -r:server2 -a:CredSSP -u:alice hostname
      kinit alice && winrs -r:server2.example.com -a:Kerberos hostname
      winrs -r:https://server2.example.com -u:alice@EXAMPLE.COM "ls -l /srv"
      winrs -r:[2001:db8::1] -u:SERVER2\\alice -p:@/run/secrets/alice -env:LANG=C uptime
    """
}
