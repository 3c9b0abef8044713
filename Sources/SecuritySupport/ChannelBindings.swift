/// Channel bindings of the outer HTTPS connection (RFC 5929 `tls-server-end-point`). They are never used inside CredSSP.
public struct ChannelBindings: Sendable, Equatable {
  /// The `application_data` of `gss_channel_bindings_struct`: `tls-server-end-point:` followed by the certificate's hash.
  public var applicationData: [UInt8]

  public init(applicationData: [UInt8]) { self.applicationData = applicationData }

  /// Bindings from the hash of the server's certificate (the hash of its signature algorithm; SHA-256 in place of MD5 and SHA-1).
  public init(serverEndPointHash hash: some Collection<UInt8>) {
    applicationData = Array("tls-server-end-point:".utf8) + hash
  }

  /// The structure whose MD5 travels in NTLM and Kerberos (MS-NLMP §2.2.2.1, RFC 4121 §4.1.1.2): both addresses absent.
  public var gssStructure: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 16)
    bytes.append(littleEndian: UInt32(truncatingIfNeeded: applicationData.count))
    return bytes + applicationData
  }
}
