/// The checks of a chain: what they are called, and in which order they are told.
enum ChainCheck: String, CaseIterable {
  case settings, options, flag, credential, delegation, trustedHosts, unencrypted, proxy
  case name, proxyWay, port, tls, certificate
  case service, schemes, clock
  case kdc, serviceName
  case credssp, proof, mechanism, logon, shell
  case secondHopCredentials, secondHopTicket, secondHopClient, secondHopName, secondHopPort, secondHopAccess

  var id: Check.Identifier {
    let text =
      switch self {
      case .settings: "client.settings"
      case .options: "client.options"
      case .flag: "client.flag"
      case .credential: "client.credential"
      case .delegation: "client.delegation"
      case .trustedHosts: "client.trustedhosts"
      case .unencrypted: "client.unencrypted"
      case .proxy: "client.proxy"
      case .name: "network.name"
      case .proxyWay: "network.proxy"
      case .port: "network.port"
      case .tls: "network.tls"
      case .certificate: "network.certificate"
      case .service: "server.service"
      case .schemes: "server.schemes"
      case .clock: "server.clock"
      case .kdc: "domain.kdc"
      case .serviceName: "domain.servicename"
      case .credssp: "server.credssp"
      case .proof: "server.proof"
      case .mechanism: "server.mechanism"
      case .logon: "server.logon"
      case .shell: "server.shell"
      case .secondHopCredentials: "secondhop.credentials"
      case .secondHopTicket: "secondhop.ticket"
      case .secondHopClient: "secondhop.client"
      case .secondHopName: "secondhop.name"
      case .secondHopPort: "secondhop.port"
      case .secondHopAccess: "secondhop.access"
      }
    return Check.Identifier(rawValue: text)
  }

  var title: String {
    switch self {
    case .settings: "Settings and policy can be read"
    case .options: "The switches go together"
    case .flag: "The method is switched on in this client"
    case .credential: "There is a credential for the method"
    case .delegation: "Policy lets credentials go to this host"
    case .trustedHosts: "This host may go without proof"
    case .unencrypted: "Messages may go without encryption"
    case .proxy: "The proxy may be used"
    case .name: "The name has an address"
    case .proxyWay: "The proxy makes a way to the server"
    case .port: "The port answers"
    case .tls: "TLS comes about"
    case .certificate: "The certificate proves the server"
    case .service: "A WinRM service answers"
    case .schemes: "The service offers the method"
    case .clock: "The clocks agree"
    case .kdc: "A domain controller answers"
    case .serviceName: "The domain knows the service"
    case .credssp: "CredSSP is spoken"
    case .proof: "The server is proven well enough"
    case .mechanism: "A mechanism is agreed on"
    case .logon: "The server accepts the user"
    case .shell: "The user may open a shell"
    case .secondHopCredentials: "The session holds credentials"
    case .secondHopTicket: "The first hop got a ticket"
    case .secondHopClient: "The first hop's client may go on"
    case .secondHopName: "The first hop finds the second"
    case .secondHopPort: "The second hop can be reached"
    case .secondHopAccess: "The second hop accepts the user"
    }
  }

  var place: Place {
    switch self {
    case .settings, .options, .flag, .credential, .delegation, .trustedHosts, .unencrypted, .proxy: .client
    case .name, .proxyWay, .port, .tls, .certificate: .firstLink
    case .service, .schemes, .clock, .credssp, .proof, .mechanism, .logon, .shell: .firstHop
    case .kdc, .serviceName: .domain
    case .secondHopCredentials, .secondHopTicket, .secondHopClient: .firstHop
    case .secondHopName, .secondHopPort: .secondLink
    case .secondHopAccess: .secondHop
    }
  }

  /// The checks of the chain's second half. That of the first hop's client is told only where it decided something.
  static let ofSecondHop: [ChainCheck] = [
    .secondHopCredentials, .secondHopTicket, .secondHopName, .secondHopPort, .secondHopAccess,
  ]
}
