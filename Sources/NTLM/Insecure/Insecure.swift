/// Algorithms that are broken and must not be used for anything new.
///
/// NTLM is defined in terms of MD4 (the stored form of a password, MS-NLMP §3.3.1) and RC4 (key exchange and sealing, §3.4). Neither is
/// offered by swift-crypto nor by the default provider of OpenSSL 3, so they are written here, visible to this module only. Whoever
/// knows an NT hash needs no password, and RC4 has known biases: NTLM is kept for peers that have nothing better.
enum Insecure {}
