import Glibc
import Testing

@testable import LogonAgent

@Suite("Sockets that a killed service left")
struct AbandonedSocketsTests {
  @Test("Only sockets without a listener go")
  func removal() throws {
    let pattern = "/tmp/winrm-abandoned-XXXXXX"
    var template = Array(pattern.utf8CString)
    let directory = try #require(mkdtemp(&template).map { String(cString: $0) })
    defer {
      for name in ["live.sock", "dead.sock", "plain.sock", "other"] { unlink(directory + "/" + name) }
      rmdir(directory)
    }
    let live = try UnixSocket.listen(path: directory + "/live.sock", owner: geteuid(), backlog: 1)
    defer { close(live) }
    close(try UnixSocket.listen(path: directory + "/dead.sock", owner: geteuid(), backlog: 1))
    for name in ["plain.sock", "other"] { close(creat(directory + "/" + name, 0o600)) }

    LogonAgentServer.removeAbandonedSockets(in: directory)

    let left = ["live.sock", "dead.sock", "plain.sock", "other"].filter { access(directory + "/" + $0, F_OK) == 0 }
    #expect(left == ["live.sock", "plain.sock", "other"])
  }
}
