import Kerberos

/// `-spn:SERVICE/HOST` of both tools.
enum ServiceNameSwitch {
  /// The name that a value stands for; `nil` when it is none.
  static func parse(_ text: String) -> KerberosServiceName? { KerberosServiceName(parsing: text) }

  static let mistake = "The value of -spn is no service principal name: SERVICE/HOST, such as HTTP/server.example.com"
}
