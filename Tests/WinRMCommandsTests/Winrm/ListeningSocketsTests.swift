import Testing
import WinRMConfiguration

@testable import WinRMCommands

/// What Linux writes in /proc/net/tcp and tcp6.
struct ListeningSocketsTests {
  private static let v4 = """
      sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
       0: 0200007F:1761 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000000000000000 100 0 0 10 0
       1: 0200007F:1761 0300007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0000000000000000 20 4 30 10 -1
       2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 100 0 0 10 0
    """
  private static let v6 = """
      sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode
       0: 00000000000000000000000000000000:1762 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 33 0 4714 1 0
       1: 0000000000000000FFFF00000200007F:1763 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 34 0 4715 1 0
       2: nonsense
    """

  private let sockets = ListeningSockets(v4: v4, v6: v6)

  @Test(
    "the socket at which a connection arrives, and whose it is",
    arguments: [
      ("127.0.0.2", 5985, "4711", 1000), ("192.0.2.1", 80, "4713", 0), ("192.0.2.1", 5986, "4714", 33), ("2001:db8::1", 5986, "4714", 33),
      ("127.0.0.2", 5987, "4715", 34),
    ] as [(String, UInt16, String, UInt32)])
  func found(address: String, port: UInt16, inode: String, user: UInt32) throws {
    let own = try #require(HostAddress(address))
    let socket = try #require(sockets.socket(at: own, port: port))
    #expect(socket.inode == inode && socket.user == user)
  }

  @Test("nobody listens", arguments: [("127.0.0.3", 5985), ("2001:db8::1", 80), ("127.0.0.2", 5988)] as [(String, UInt16)])
  func missing(address: String, port: UInt16) throws {
    let own = try #require(HostAddress(address))
    #expect(sockets.socket(at: own, port: port) == nil)
  }

  @Test(
    "text that is none is looked over",
    arguments: ["", "\n", "x\ny z", "a\n0: 7F:1 0 0A 0 0 0 0 0 1 2", "a\n0: ZZZZZZZZ:FFFFF 0 0A 0 0 0 0 0 1 2"])
  func hostile(text: String) { #expect(ListeningSockets(v4: text, v6: text).sockets.isEmpty) }
}
