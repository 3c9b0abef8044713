extension WinrmHelp {
  /// The page of an operation: how it is called, what it does, examples.
  static func operationPage(_ operation: WinrmOperation) -> String? {
    switch operation {
    case .get: get
    case .set: set
    case .create: create
    case .delete: delete
    case .enumerate: enumerate
    case .invoke: invoke
    case .identify: identify
    case .quickconfig: quickconfig
    case .configsddl: configsddl
    case .credssp: credssp
    case .account: account
    case .certificate: certificate
    case .policy: policy
    case .doctor: doctor
    case .token: token
    case .helpmsg: helpmsg
    case .completions: completions
    case .manual: manual
    case .help: nil
    }
  }

  private static let get = """
    winrm get RESOURCE_URI [-SWITCH:VALUE ...]

    Shows a resource, or with -fragment a part of it.

    winrm get winrm/config
    winrm get winrm/config/client/auth -format:pretty
    winrm get winrm/config/Listener?Address=*+Transport=HTTP
    winrm get wmicimv2/Win32_Service?Name=spooler -r:server
    winrm get wmicimv2/Win32_Service?Name=spooler -r:server -fragment:Status/text()

    See: winrm help uris, winrm help switches
    """

  private static let set = """
    winrm set RESOURCE_URI @{KEY="VALUE"[;KEY="VALUE"]} [-SWITCH:VALUE ...]
    winrm set RESOURCE_URI -file:FILE [-SWITCH:VALUE ...]

    Changes settings that stand directly in the resource, and shows what it is
    then. Names count in exactly their case. What is not named stays as it is.

    winrm set winrm/config '@{MaxEnvelopeSizekb="500"}'
    winrm set winrm/config/client '@{TrustedHosts="hostb,*.lab.example.com"}'
    winrm set winrm/config/service/auth '@{CredSSP="true"}'
    winrm set winrm/config/Listener?Address=*+Transport=HTTP '@{Enabled="false"}'
    winrm set winrm/config/winrs '@{MaxShellsPerUser="7"}' -r:server

    See: winrm help input, winrm help config
    """

  private static let create = """
    winrm create RESOURCE_URI [@{KEY="VALUE"[;KEY="VALUE"]}] [-SWITCH:VALUE ...]
    winrm create RESOURCE_URI -file:FILE [-SWITCH:VALUE ...]

    Makes an instance of a resource, and says where it is.

    winrm create winrm/config/Listener?Address=*+Transport=HTTP
    winrm create winrm/config/Listener?Address=IP:192.0.2.1+Transport=HTTP '@{Port="5985"}'
    winrm create winrm/config/Listener?Address=*+Transport=HTTPS \\
          '@{Hostname="server.example.com";CertificateThumbprint="..."}'
    winrm create shell/cmd -file:shell.xml -r:server

    An HTTPS listener without CertificateThumbprint gets the best certificate
    of the store for its Hostname. See: winrm help certificate
    """

  private static let delete = """
    winrm delete RESOURCE_URI [-SWITCH:VALUE ...]

    Removes an instance of a resource. It says nothing when all went well.

    winrm delete winrm/config/Listener?Address=*+Transport=HTTP
    winrm delete shell?ShellId=9B62B8A4-8C0B-4B0A-9E4F-9C1F2B7C6D11 -r:server
    """

  private static let enumerate = """
    winrm enumerate RESOURCE_URI [-SWITCH:VALUE ...]

    Lists the instances of a resource, one after the other.

    winrm enumerate winrm/config/Listener
    winrm enumerate winrm/config/plugin
    winrm enumerate winrm/config/resource
    winrm enumerate shell -r:server
    winrm enumerate wmicimv2/* -r:server -filter:"select * from Win32_Service where State!='Running'"

    winrm/config/resource lists what the caller may use.

    See: winrm help filters
    """

  private static let invoke = """
    winrm invoke ACTION RESOURCE_URI [@{KEY="VALUE"[;KEY="VALUE"]}] [-SWITCH:VALUE ...]
    winrm invoke ACTION RESOURCE_URI -file:FILE [-SWITCH:VALUE ...]

    Carries out an action of a resource and shows its result. The case of
    ACTION counts.

    winrm invoke Restore winrm/config '@{}'
    winrm invoke Restore winrm/config/plugin '@{}'
    winrm invoke StartService wmicimv2/Win32_Service?Name=spooler -r:server
    winrm invoke Create wmicimv2/Win32_Process -r:server '@{CommandLine="notepad.exe"}'

    Restore of winrm/config brings every setting back to its default, but not
    listeners, certificate mappings and plug-ins; that of winrm/config/plugin
    brings back the plug-ins.
    """

  private static let identify = """
    winrm identify -remote:ENDPOINT [-SWITCH:VALUE ...]

    Asks a service for its product and its protocol. With -authentication:none
    it tells less about itself.

    winrm identify -r:server -a:none
    winrm identify -r:https://server.example.com -u:alice
    """

  private static let quickconfig = """
    winrm quickconfig [-quiet] [-force] [-transport:http|https [-hostname:NAME] [-selfsigned]]

    Says what is missing so that this machine can be managed from elsewhere,
    and after a question does it; -quiet and -force ask nothing. The service is
    started by root through systemd; otherwise the command for it is shown.
    Firewalls are left alone: a last line says what opens the port in firewalld
    and ufw.

    For https a certificate for a name of this machine, or for -hostname, must
    be there (winrm help certificate). With -selfsigned one that vouches for
    itself will do, and is made when there is none; clients must pin it.

    winrm quickconfig
    winrm quickconfig -q -transport:https -selfsigned -hostname:server.example.com
    """

  private static let configsddl = """
    winrm configsddl default [-sddl:SDDL] [-force] [-SWITCH:VALUE ...]
    winrm configsddl RESOURCE_URI [-sddl:SDDL] [-force] [-SWITCH:VALUE ...]

    Shows who may use a resource: the security descriptor as it is written, and
    what it says in words. With -sddl it is set, after a question; -force asks
    nothing. default is RootSDDL of winrm/config/service, which holds where
    nothing else is said; RESOURCE_URI means what a plug-in serves under it.

    Rights: GR reads and lists, GW changes, makes and removes, GX runs commands
    and actions, GA is all of them. Who: BA Administrators, BU Users, RM Remote
    Management Users, AU everybody who has logged on, WD everybody, or a SID.
    Unix users and groups are S-1-22-1-UID and S-1-22-2-GID.

    winrm configsddl default
    winrm configsddl default '-sddl:O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;IU)'
    winrm configsddl shell/cmd -r:server
    """

  private static let credssp = """
    winrm credssp enable -role:client -delegate:PATTERN[,PATTERN] [-ntlmonly] [-force]
    winrm credssp enable -role:server [-force]
    winrm credssp disable -role:client|server
    winrm credssp pin -remote:HOST -sha256:HEX [-force]
    winrm credssp unpin -remote:HOST
    winrm credssp get

    A client delegates credentials only to servers that a pattern names:

      WSMAN/server.example.com    one server, as it is typed
      WSMAN/*.example.com         all servers of a domain
      WSMAN/*                     every server

    A name without WSMAN/ counts as the name of one server.

    -ntlmonly allows the servers also where neither a certificate nor Kerberos
    proves them. Credentials can then reach an impostor.

    pin says which certificate proves a server, by the SHA-256 of its DER
    (openssl x509 -in FILE -noout -fingerprint -sha256); chain and name do not
    matter then. A server can have several pins; unpin takes all of them.

    enable and pin ask before they change anything; -force does not. A list has
    one switch, and the client another one for all lists: enable names what
    else comes into force with it, whoever wrote that.

    These commands write to this machine's own files. Where Registry.pol or the
    domain switches a list off, empties it or denies the server, enable refuses
    (0x8033808A); disable takes away what stands here, and says what policy
    still allows.
    """

  private static let account = """
    winrm account add NAME [-unixuser:USER] [-passwordfd:N]
    winrm account passwd NAME [-passwordfd:N]
    winrm account enable NAME
    winrm account disable NAME
    winrm account remove NAME
    winrm account list

    Accounts that the service keeps by itself. Their commands run as the Unix
    user of -unixuser, who must exist; a service that is not root's can run
    them as its own user only. The password is asked for twice, or is the first
    line of the descriptor of -passwordfd, or of standard input when that is no
    terminal.

    Only members of the groups in service/AllowedGroups, and accounts in
    service/AllowedAccounts, get in. Groups and accounts of a domain are named
    with it there: DOMAIN\\group, user@domain.example.
    """

  private static let certificate = """
    winrm certificate import FILE [-key:FILE] [-password:PASSWORD|@FILE | -passwordfd:N] [-user]
    winrm certificate new -hostname:NAME[,NAME] [-days:N] [-keytype:rsa2048|p256]
    winrm certificate list [-user]
    winrm certificate delete THUMBPRINT [-force] [-user]

    The certificates by which the service proves itself to clients. import
    takes PEM files: the certificate, those of the authorities between it and
    the root, and the private key, all in FILE or the key apart. The key must
    not be encrypted. new makes a certificate that vouches for itself, valid
    for 365 days; clients must pin it.

    A certificate must be for servers, valid now, and have its key with it. It
    is named by its thumbprint, in which case and blanks do not matter:

    winrm set winrm/config/service '@{CertificateThumbprint="..."}'
                                    proves this server inside CredSSP
    winrm create winrm/config/Listener?Address=*+Transport=HTTPS \\
          '@{CertificateThumbprint="..."}'
                                    proves it to HTTPS clients

    -user means the certificates by which the user proves himself to servers,
    for -certificate:THUMBPRINT.

    The service notices new certificates within a second. If it cannot use the
    one that CredSSP should show, it refuses CredSSP, and shows no other one.

    Clients check the chain against this system's trusted certificates (or the
    file named by SSL_CERT_FILE), the dates, the use and the name, or a pin.
    They do not check revocation.
    """

  private static let doctor = """
    winrm doctor -remote:ENDPOINT
          [-authentication:negotiate|kerberos|credssp|basic|certificate]
          [-username:USER] [-secondhop:HOST] [-allowdelegate]
          [-format:text|json] [-report:FILE] [SWITCHES]
    winrm doctor [-format:text|json] [-report:FILE]

    winrm doctor -r:hop1.example.com -a:CredSSP -u:alice
    winrm doctor -r:hop1.example.com -a:CredSSP -u:alice
          -secondhop://files.example.com/projects -report:chain.html
    winrm doctor -r:hop1.example.com -a:Kerberos -allowdelegate
          -secondhop:hop2.example.com

    Walks the chain from this machine to a server, and says of each link
    whether it holds, what was seen, and what mends it: pass, fail, or
    unknown where it could not be looked at. What this machine alone knows
    comes first; where a rule of it refuses, nothing goes to the server or
    to a proxy. Then comes what anybody could see of the server. Only when
    none of that failed are the credentials used, as a command would use
    them: with the domain's KDC, and with the server. SWITCHES are those
    that other commands take for a connection: -certificate, -usessl,
    -proxyaccess and so on.

    -secondhop goes on from there: a shell is opened on the first hop, and
    a small script looks for the session's ticket, the second hop's address
    and ports (5985, 5986 and 445, or what is given), and whether it lets
    the user in: by winrs, which runs one echo there, and by smbclient,
    which lists a share. It changes nothing. HOST[:PORT],
    http[s]://HOST[:PORT] as winrs takes it, or //HOST/SHARE. On a Windows
    first hop the script is one of PowerShell that has not been tried there.

    -allowdelegate opens the session as winrs -allowdelegate does: with
    -username and no -authentication by CredSSP, otherwise with a forwarded
    Kerberos ticket.

    Without -remote the service of this machine is looked at: settings,
    listeners, certificates, accounts, keytab, domain.

    -format:json is for programs; its names stay. -report writes a page for
    browsers that needs nothing else; only you can read the file.

    Exit code 0: everything passed. 1: something did not.

    See: winrm help remoting, winrm help auth
    """

  private static let policy = """
    winrm policy
    winrm policy test -remote:HOST [-authentication:METHOD] [-proof:kerberos|certificate|ntlm]
    winrm policy export
    winrm policy import FILE [-force]
    winrm policy update
    winrm policy forget [-force]

    Without a word behind it, every rule of policy that holds here, and where
    it comes from: policy object, file and key. Policy wins over settings; of
    two rules the later one wins:

      policy.json             of this machine; winrm credssp and import write it
      Registry.pol            beside it, a policy file in the form of Windows
      objects of the domain   in their order, as they were last read

    In a list that allows, an entry of policy.json gives way to what another
    source sets or removes under its number; the list counts only if
    policy.json itself switches it on. Entries that deny do not give way. What
    stands there without effect is shown as NotInForce, as are the entries of
    a list that is not switched on, whoever wrote them.

    test says, without connecting, whether credentials could go to a server
    (exit code 0) or not (1), and which rule decides; 2 when there is no
    answer: a line that cannot be used, or policy that cannot be read. METHOD
    is credssp, unless you name another one. CredSSP asks how the server is
    proven: with -proof the answer is for that proof; without it there is one
    for each kind of proof, and the exit code is 0 when at least one is a yes.

    export writes the machine's own rules as JSON, without those of the domain;
    import replaces policy.json of a machine by FILE, and says what of it is not
    in force. It also takes the JSON of samba-tool gpo. For the rules of the
    domain too: winrm policy -format:xml

    update reads the domain's policy as this machine, through wbinfo, ldbsearch
    and smbclient. When the domain cannot be reached, what was read before
    stays in force, and when one object's files cannot be had, what was read of
    that one. forget drops it, after the machine has left its domain.
    """

  private static let token = """
    winrm token BASE64|- [-format:text|pretty|xml]

    Shows what a token of NTLM, SPNEGO, Kerberos, CredSSP or TLS says, such as
    those of the headers Authorization and WWW-Authenticate. - reads it from
    standard input, in base64 or as it is. Nothing is decrypted. Names of users
    and computers are shown, and answers to challenges, which allow to try
    passwords: treat the output like the token.
    """

  private static let helpmsg = """
    winrm helpmsg ERRORCODE

    Explains an error number, in any of its spellings, or by its name:

    winrm helpmsg 0x80338012
    winrm helpmsg 2150858770
    winrm helpmsg -2144108526
    winrm helpmsg 5
    winrm helpmsg ERROR_WSMAN_DESTINATION_UNREACHABLE
    """

  private static let completions = """
    winrm completions bash|zsh|fish

    Prints what completes the command lines of winrm and winrs in a shell.
    make install puts it where the shells look for it.

    eval "$(winrm completions bash)"
    winrm completions zsh >"${fpath[1]}/_winrm"
    winrm completions fish >~/.config/fish/completions/winrm.fish
    """

  private static let manual = """
    winrm manual winrm|winrs|winrm-config

    Prints a manual page as source of man(1).

    winrm manual winrm-config | man -l -
    """
}
