/// Limits on what a peer may send; each is checked before memory is spent on it.
enum NTLMLimits {
  /// Bytes of one message. Fields have 16-bit lengths, so a legal message is seldom longer than a few kilobytes.
  static let message = 64 * 1024
  /// Bytes of a user, domain or workstation name in UTF-16. Windows allows 256 characters for a name and 255 for a DNS name.
  static let name = 1024
}
