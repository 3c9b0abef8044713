/// The pages of `winrm help`.
enum WinrmHelp {
  static let title = "Windows Remote Management Command Line Tool"

  /// The page of a topic, an operation or a switch; the general one for what has none.
  static func text(topic: String?) -> String {
    let name = topic?.lowercased() ?? ""
    if name == "all" {
      return title + "\n" + pages.keys.sorted().map { "\nTOPIC: winrm help \($0)\n\n" + (pages[$0] ?? "") + "\n" }.joined()
    }
    return "\(title)\n\n\(page(name) ?? general)\n"
  }

  /// Whether there is more to say about a topic than the general page does.
  static func hasPage(_ topic: String) -> Bool {
    let name = topic.lowercased()
    return name == "all" || name == WinrmOperation.help.rawValue || page(name) != nil
  }

  private static func page(_ name: String) -> String? {
    let switchName = WinrmSwitch(name: name.hasPrefix("-") || name.hasPrefix("/") ? String(name.dropFirst()) : name)
    let operation = WinrmOperation(name: name)?.rawValue
    return pages[aliases[name] ?? name] ?? operation.flatMap { pages[$0] } ?? switchName.flatMap { pages[$0.topic] }
  }

  private static let aliases = ["alias": "aliases", "@{}": "input"]

  private static let general = """
    winrm OPERATION RESOURCE_URI [-SWITCH:VALUE [-SWITCH:VALUE] ...]
          [@{KEY="VALUE"[;KEY="VALUE"]}]

    OPERATION
      get (g)            shows a resource
      set (s)            changes settings of a resource
      create (c)         makes a resource
      delete (d)         removes a resource
      enumerate (e)      lists the instances of a resource
      invoke (i)         carries out an action of a resource
      identify (id)      asks a remote service what it is
      quickconfig (qc)   sets this machine up for remote management
      credssp            lets credentials be delegated, or takes it back
      account            manages the accounts that the service keeps
      certificate        manages the certificates that prove the service
      policy             shows, tests and fetches the policy over all this
      helpmsg            explains an error number
      token              shows what a token of an authentication says
      help               shows a topic: one of the above, uris, aliases,
                         config, remoting, auth, input, filters,
                         switches, all

    winrm OPERATION -?   shows the page of an operation.
    winrm --version      shows the version.
    """

  private static let pages: [String: String] = [
    "get": """
    winrm get RESOURCE_URI [-SWITCH:VALUE ...]

    winrm get winrm/config
    winrm get winrm/config/client/auth -format:pretty
    winrm get winrm/config/Listener?Address=*+Transport=HTTP
    winrm get wmicimv2/Win32_Service?Name=spooler -r:server
    winrm get wmicimv2/Win32_Service?Name=spooler -r:server -fragment:Status/text()
    """,
    "set": """
    winrm set RESOURCE_URI @{KEY="VALUE"[;KEY="VALUE"]}
    winrm set RESOURCE_URI -file:FILE -remote:ENDPOINT

    Changes settings that stand directly in the resource. Names count in
    exactly their case.

    winrm set winrm/config/client '@{TrustedHosts="hostb,*.lab.example.com"}'
    winrm set winrm/config/service/auth '@{CredSSP="true"}'
    winrm set winrm/config/Listener?Address=*+Transport=HTTP '@{Port="5985"}'
    """,
    "create": """
    winrm create RESOURCE_URI [@{KEY="VALUE"[;KEY="VALUE"]}]
    winrm create RESOURCE_URI -file:FILE -remote:ENDPOINT

    winrm create winrm/config/Listener?Address=*+Transport=HTTP
    winrm create winrm/config/Listener?Address=IP:192.0.2.1+Transport=HTTP '@{Port="5985"}'
    winrm create winrm/config/Listener?Address=*+Transport=HTTPS \
          '@{Hostname="server.example.com";CertificateThumbprint="..."}'

    An HTTPS listener without CertificateThumbprint gets the best certificate
    of the store for its Hostname. See: winrm help certificate
    """,
    "delete": """
    winrm delete RESOURCE_URI

    winrm delete winrm/config/Listener?Address=*+Transport=HTTP
    """,
    "enumerate": """
    winrm enumerate RESOURCE_URI

    winrm enumerate winrm/config/Listener
    winrm enumerate shell -r:server
    winrm enumerate wmicimv2/* -r:server -filter:"select * from Win32_Service where State!='Running'"

    See: winrm help filters
    """,
    "invoke": """
    winrm invoke ACTION RESOURCE_URI -remote:ENDPOINT [-SWITCH:VALUE ...]
                 [@{KEY="VALUE"[;KEY="VALUE"]}] or [-file:FILE]

    The case of ACTION counts. This machine has no actions in this version.

    winrm invoke StartService wmicimv2/Win32_Service?Name=spooler -r:server
    winrm invoke Create wmicimv2/Win32_Process -r:server '@{CommandLine="notepad.exe"}'
    """,
    "filters": """
    winrm enumerate RESOURCE_URI -remote:ENDPOINT [-filter:EXPRESSION]
          [-dialect:URI|wql|selector|association] [-associations]
          [-returntype:object|epr|objectandepr] [-shallow]
          [-basepropertiesonly]

    wql (default)   text of WMI's query language
    selector        {KEY="VALUE"[;KEY="VALUE"]}
    association     {Object=CLASS?KEY=VALUE[;AssociationClassName=CLASS]
                    [;ResultClassName=CLASS][;Role=ROLE][;ResultRole=ROLE]};
                    with -associations the associations themselves

    winrm e wmicimv2/Win32_Service -r:server -dialect:selector '-filter:{State="Running"}'
    winrm e wmicimv2/* -r:server -filter:"select * from Win32_process where handle=0"

    -returntype says what is shown of the instances: themselves, where they
    are, or both. -shallow leaves out subclasses, -basepropertiesonly their
    properties.
    """,
    "token": """
    winrm token BASE64|- [-format:text|pretty|xml]

    Shows what a token of NTLM, SPNEGO, Kerberos, CredSSP or TLS says, such as
    those of the headers Authorization and WWW-Authenticate. - reads it from
    standard input, in base64 or as it is. Nothing is decrypted. Names of users
    and computers are shown, and answers to challenges, which allow to try
    passwords: treat the output like the token.
    """,
    "identify": """
    winrm identify -remote:ENDPOINT
                   [-authentication:none|negotiate|kerberos|credssp]
                   [-username:USER [-password:PASSWORD]]
                   [-spn:SERVICE/HOST | -spnport]

    With -authentication:none the service tells less about itself. Without
    -password the password is asked for; -password:@FILE reads it from the
    first line of a file.
    """,
    "quickconfig": """
    winrm quickconfig [-quiet] [-force] [-transport:http]

    Makes a listener on the default port for every address when there is
    none. It asks before it changes anything; -quiet and -force do not.
    """,
    "credssp": """
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

    -ntlmonly allows the servers also where neither a certificate nor
    Kerberos proves them. Credentials can then reach an impostor.

    pin says which certificate proves a server, by the SHA-256 of its DER
    (openssl x509 -in FILE -noout -fingerprint -sha256); chain and name do
    not matter then. A server can have several pins; unpin takes all of them.

    enable and pin ask before they change anything; -force does not.
    """,
    "account": """
    winrm account add NAME [-unixuser:USER] [-passwordfd:N]
    winrm account passwd NAME [-passwordfd:N]
    winrm account enable NAME
    winrm account disable NAME
    winrm account remove NAME
    winrm account list

    Accounts that the service keeps by itself. Their commands run as the Unix
    user of -unixuser, who must exist; a service that is not root's can run
    them as its own user only. The password is asked for twice, or is the first line
    of the descriptor of -passwordfd, or of standard input when that is no
    terminal.

    Only members of the groups in service/AllowedGroups, and accounts in
    service/AllowedAccounts, get in. Groups and accounts of a domain are named
    with it there: DOMAIN\\group, user@domain.example.
    """,
    "certificate": """
    winrm certificate import FILE [-key:FILE]
    winrm certificate new -hostname:NAME[,NAME] [-days:N] [-keytype:rsa2048|p256]
    winrm certificate list
    winrm certificate delete THUMBPRINT [-force]

    The certificates by which the service proves itself to clients. import
    takes PEM files: the certificate, those of the authorities between it and
    the root, and the private key, all in FILE or the key apart. The key must
    not be encrypted. new makes a certificate that vouches for itself, valid
    for 365 days; clients must pin it.

    A certificate must be for servers, valid now, and have its key with it. It
    is named by its thumbprint, in which case and blanks do not matter:

    winrm set winrm/config/service '@{CertificateThumbprint="..."}'
                                    proves this server inside CredSSP
    winrm create winrm/config/Listener?Address=*+Transport=HTTPS \
          '@{CertificateThumbprint="..."}'
                                    proves it to HTTPS clients

    The service notices new certificates within a second. If it cannot use the
    one that CredSSP should show, it refuses CredSSP, and shows no other one.

    Clients check the chain against this system's trusted certificates (or the
    file named by SSL_CERT_FILE), the dates, the use and the name, or a pin.
    They do not check revocation.
    """,
    "policy": """
    winrm policy
    winrm policy test -remote:HOST [-authentication:METHOD]
                      [-proof:kerberos|certificate|ntlm]
    winrm policy export
    winrm policy import FILE [-force]
    winrm policy update
    winrm policy forget [-force]

    Without a word behind it, every rule of policy that holds here, and where
    it comes from: policy object, file and key. Policy wins over settings; of
    two rules the later one wins:
      Registry.pol, policy.json   the machine's own, in its configuration
      objects of the domain       in their order, as they were last read

    test says, without connecting, whether credentials could go to a server
    (exit code 0) or not (1), and which rule decides. -proof is how the server
    would be proven; without it all three are shown.

    export writes the rules as JSON; import makes FILE the machine's own
    policy. It also takes the JSON of samba-tool gpo.

    update reads the domain's policy as this machine, through wbinfo, ldbsearch
    and smbclient. When the domain cannot be reached, what was read before
    stays in force. forget drops it, after the machine has left its domain.
    """,
    "helpmsg": """
    winrm helpmsg ERRORCODE

    Explains an error number: 0x80338012, 2150858770 or -2144108526.
    """,
    "uris": """
    A resource is named by a URI, and one of several by selectors behind it:

      RESOURCE_URI?NAME=VALUE[+NAME=VALUE]...

      winrm/config                  everything below, without the listeners
      winrm/config/client           the client
      winrm/config/client/auth      its authentication
      winrm/config/client/defaultports
      winrm/config/service          the service
      winrm/config/service/auth     its authentication
      winrm/config/service/defaultports
      winrm/config/winrs            remote shells
      winrm/config/Listener?Address=*+Transport=HTTP

    With -remote any resource of the other computer can be named:

      wmicimv2/Win32_Service?Name=spooler
      http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service?Name=spooler
    """,
    "aliases": """
    wmi       http://schemas.microsoft.com/wbem/wsman/1/wmi
    wmicimv2  http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2
    cimv2     http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2
    winrm     http://schemas.microsoft.com/wbem/wsman/1
    wsman     http://schemas.microsoft.com/wbem/wsman/1
    shell     http://schemas.microsoft.com/wbem/wsman/1/windows/shell
    """,
    "config": """
    winrm get winrm/config shows all settings, winrm enumerate
    winrm/config/Listener all listeners.

    A listener is selected by Address (* or IP:ADDRESS) and Transport (HTTP,
    default port 5985; or HTTPS, default port 5986). One for HTTPS needs a
    certificate: see winrm help certificate.

    winrm create winrm/config/Listener?Address=*+Transport=HTTP
    winrm set winrm/config/service '@{AllowedGroups="winrm-users,wheel"}'
    winrm set winrm/config/client '@{TrustedHosts="hostb"}'

    Servers in TrustedHosts are not authenticated. Messages are always
    encrypted: AllowUnencrypted stays false.
    """,
    "remoting": """
    -remote:ENDPOINT (-r)   [TRANSPORT://]HOST[:PORT][/PREFIX]

    TRANSPORT is http or https, HOST a name, an IPv4 address, or an IPv6
    address in brackets, PREFIX is wsman unless said.

      host                  port 5985
      host -usessl          port 5986, https
      http://host           port 80, then 5985
      https://host          port 443, then 5986
    """,
    "auth": """
    -authentication (-a)    none, negotiate (default), kerberos or credssp
    -username (-u)          user, DOMAIN\\user, HOST\\user, .\\user or
                            user@realm; without it the Kerberos tickets at
                            hand are used (kinit, KRB5CCNAME)
    -password (-p)          the password; @FILE reads it from a file; asked for
                            when it is not there

    -spn:SERVICE/HOST       the service that the server must prove to be, in
                            place of WSMAN, HTTP or HOST on the host as typed
    -spnport                the service's name ends in the port

    Negotiate is Kerberos, or NTLM where Kerberos cannot be used. Kerberos
    proves the server, so that it need not be in TrustedHosts; NTLM over HTTP
    does not.

    DOMAIN and the suffix behind @ are looked up in client/KerberosRealms, a
    list of DOMAIN=REALM; then the default realm of krb5.conf is asked, which
    takes DOMAIN for its own name only where it is its first label.

    CredSSP sends the password to the server, so that commands there can reach
    further servers. See: winrm help credssp
    """,
    "input": """
    @{KEY="VALUE"[;KEY="VALUE"]}

    $null instead of "VALUE" empties. In most shells the whole must stand in
    single quotes: '@{TrustedHosts="hostb"}'. Quotes that a shell has taken
    away are not needed: @{CredSSP=true}

    -file:FILE              XML from a file, with -remote
    """,
    "switches": """
    -timeout:MS             how long the operation may take
    -fragment:PATH          a part of a resource, with -remote
    -dialect:URI            the language of -fragment or -filter
    -options:{K="V"}        options for the provider, with -remote
    -format:FORMAT (-f)     text (default), pretty, xml
    -quiet (-q), -force     quickconfig, credssp: no questions
    -transport:http         quickconfig
    -?                      help
    """,
  ]
}
