extension WinrmHelp {
  /// The page of a topic that is no operation.
  static func topicPage(_ topic: String) -> String? {
    switch topic {
    case "uris": uris
    case "aliases": aliasTable
    case "input": input
    case "switches": switchTable
    case "remoting": remoting
    case "auth": auth
    case "proxy": proxy
    case "filters": filters
    case "config": SettingHelp.page
    case "certmapping": certmapping
    default: nil
    }
  }

  private static let uris = """
    A resource is named by a URI, and one of several by selectors behind it.
    Case does not matter in either.

      RESOURCE_URI?NAME=VALUE[+NAME=VALUE]...

      winrm/config                         all settings
      winrm/config/client                  the client
      winrm/config/client/auth             its authentication
      winrm/config/client/defaultports     its ports
      winrm/config/service                 the service
      winrm/config/service/auth            its authentication
      winrm/config/service/defaultports    its ports
      winrm/config/service/certmapping?Issuer=THUMBPRINT+Subject=NAME+URI=URI
      winrm/config/winrs                   remote shells
      winrm/config/Listener?Address=*+Transport=HTTP
      winrm/config/plugin?Name=NAME        what the service offers
      winrm/config/resource                what the caller may use
      shell?ShellId=ID                     remote shells that run
      shell/cmd                            the shell of winrs

    Other services have more:

      wmicimv2/Win32_Service?Name=spooler
      http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service?Name=spooler

    Most shells want quotes around a URI with a ? or a *.
    """

  private static var aliasTable: String {
    let rows = ResourceLocator.aliases.map { TextFlow.entry($0.0, $0.1, indentation: 2, column: 13) }
    return "What may stand for the beginning of a resource URI:\n\n" + rows.joined(separator: "\n")
  }

  private static let input = """
    @{KEY="VALUE"[;KEY="VALUE"]}

    $null instead of "VALUE" empties. In most shells the whole must stand in
    single quotes, in PowerShell too:

      '@{TrustedHosts="hostb"}'

    Quotes that a shell has taken away are not needed: @{CredSSP=true} means
    the same. Without quotes a value ends before ;KEY= and at the end. Single
    quotes around a value count like double ones.

    -file:FILE              XML from a file, sent as it is

    %NAME% is not expanded. A shell expands $NAME, in double quotes only.
    """

  private static var switchTable: String {
    let rows = WinrmSwitch.allCases.map { name in
      let short = name.shortForms.isEmpty ? "" : " (\(name.shortForms.map { "-" + $0 }.joined(separator: ", ")))"
      return TextFlow.entry(name.form + short, name.summary, column: 6)
    }
    return """
      \(TextFlow.filled("Switches stand behind the operation and its resource, in any case, with - or / before the name. A word that begins with / is a path where another slash stands before its first colon.", width: TextFlow.width))

      \(rows.joined(separator: "\n"))
      """
  }

  private static let remoting = """
    -remote:ENDPOINT (-r)   [TRANSPORT://]HOST[:PORT][/PREFIX]

    TRANSPORT is http or https, HOST a name, an IPv4 address, or an IPv6
    address in brackets, PREFIX is wsman unless said.

      host                  port 5985
      host -usessl          port 5986, https
      http://host           port 80, then 5985
      https://host          port 443, then 5986

    Without -remote the service of this machine is asked over its socket, or,
    when it does not run, its configuration is read and changed directly.

    -unencrypted sends messages over HTTP as they are; AllowUnencrypted of both
    sides must be true for that.
    """

  private static let auth = """
    -authentication (-a)    none, basic, digest, negotiate (default),
                            kerberos, certificate or credssp
    -username (-u)          user, DOMAIN\\user, HOST\\user, .\\user or
                            user@realm; without it the Kerberos tickets at
                            hand are used (kinit, KRB5CCNAME)
    -password (-p)          the password; @FILE reads it from a file; asked for
                            when it is not there
    -certificate (-c)       the thumbprint of a client certificate; alone it
                            means -authentication:certificate
    -defaultcreds           negotiate may use the logon agent of a remote session
                            where -skip... leaves the server unproven; HTTPS

    -spn:SERVICE/HOST       the service that the server must prove to be, in
                            place of WSMAN, HTTP or HOST on the host as typed
    -spnport                the service's name ends in the port

    Negotiate is Kerberos, or NTLM where Kerberos cannot be used. Kerberos
    proves the server, so that it need not be in TrustedHosts; NTLM over HTTP
    does not.

    Basic sends the password itself, for the server's own accounts only. Over
    HTTP it needs -unencrypted and a host in TrustedHosts. digest is refused: no
    WinRM service accepts it.

    Certificates that prove the user are those of winrm certificate list -user.

    DOMAIN and the suffix behind @ are looked up in client/KerberosRealms, a
    list of DOMAIN=REALM; then the default realm of krb5.conf is asked, which
    takes DOMAIN for its own name only where it is its first label.

    CredSSP sends the password to the server, so that commands there can reach
    further servers. See: winrm help credssp
    """

  private static var proxy: String {
    let names: [WinrmSwitch] = [.proxyaccess, .proxyauthentication, .proxyusername, .proxypassword]
    let rows = names.map { name in
      TextFlow.entry("\(name.form) (\(name.shortForms.map { "-" + $0 }.joined(separator: ", ")))", name.summary, column: 6)
    }
    return """
      \(rows.joined(separator: "\n"))

      Without -proxyaccess there is no proxy. Messages that are not encrypted never
      go through one, kerberos and credssp do not either, and credentials for the
      proxy go with HTTPS only. What the proxy learns of the user has nothing to do
      with what the server learns.

      winrm get winrm/config -r:https://server.example.com -u:alice -a:basic \\
            -proxyaccess:ie_settings -proxyauthentication:basic -proxyusername:bob
      """
  }

  private static let filters = """
    winrm enumerate RESOURCE_URI [-filter:EXPRESSION]
          [-dialect:URI|wql|selector|association] [-associations]
          [-returntype:object|epr|objectandepr] [-shallow] [-basepropertiesonly]

    wql (default)   text of WMI's query language
    selector        {KEY="VALUE"[;KEY="VALUE"]}
    association     {Object=CLASS?KEY=VALUE[;AssociationClassName=CLASS]
                    [;ResultClassName=CLASS][;Role=ROLE][;ResultRole=ROLE]};
                    with -associations the associations themselves

    winrm e wmicimv2/Win32_Service -r:server -dialect:selector '-filter:{State="Running"}'
    winrm e wmicimv2/* -r:server -filter:"select * from Win32_process where handle=0"
    winrm e wmicimv2/* -r:server -dialect:association \\
          '-filter:{Object=Win32_Service?Name=WinRM;ResultClassName=Win32_Service}'

    -returntype says what is shown of the instances: themselves, where they
    are, or both. -shallow leaves out subclasses, -basepropertiesonly their
    properties.
    """

  private static let certmapping = """
    A certificate mapping lets clients in that show a certificate instead of a
    password, as a local account:

      winrm/config/service/certmapping?Issuer=THUMBPRINT+Subject=NAME+URI=URI

    Issuer    the thumbprint of the authority's certificate that signed the
              client's one directly; it must be among those of the directory
              trusted beside the service's configuration
    Subject   the principal or DNS name in SubjectAlternativeName of the
              client's certificate; * at its start stands for anything
    URI       what may be used so; * at its end stands for anything
    UserName  the account, with its Password; it is verified when the mapping
              is made, and the password is not kept
    Enabled   false: the mapping does not count

    Of several mappings that fit, the one with the longest Subject counts, then
    the one with the longest URI. The service setting Auth/Certificate must be
    true, and the connection use HTTPS. Mappings are changed through the
    service, with -remote.

    winrm create 'winrm/config/service/certmapping?Issuer=...+Subject=*.example.com+URI=*' \\
          '@{UserName="alice";Password="..."}' -r:localhost
    winrm enumerate winrm/config/service/certmapping
    """
}
