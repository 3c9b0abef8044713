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

  @Test("In a directory that others may write, or that a link stands for, nothing is touched", arguments: [false, true])
  func foreignDirectory(isLink: Bool) throws {
    var template = Array("/tmp/winrm-abandoned-XXXXXX".utf8CString)
    let directory = try #require(mkdtemp(&template).map { String(cString: $0) })
    let socket = directory + "/dead.sock"
    defer {
      for path in [socket, directory + "-link"] { unlink(path) }
      rmdir(directory)
    }
    close(try UnixSocket.listen(path: socket, owner: geteuid(), backlog: 1))
    if isLink { try #require(symlink(directory, directory + "-link") == 0) } else { try #require(chmod(directory, 0o777) == 0) }
    LogonAgentServer.removeAbandonedSockets(in: isLink ? directory + "-link" : directory)
    #expect(access(socket, F_OK) == 0)
    if isLink { LogonAgentServer.removeAbandonedSockets(in: directory) }
    #expect(!isLink || access(socket, F_OK) != 0)
  }

  @Test("A path that is too long is an error that loses no descriptor")
  func longPath() throws {
    let before = try openDescriptors()
    for _ in 0..<200 {
      for length in [108, 4096] {
        let path = "/" + String(repeating: "x", count: length - 1)
        #expect(throws: LogonAgentError(.limit, "")) { try UnixSocket.listen(path: path, owner: geteuid(), backlog: 1) }
        #expect(throws: LogonAgentError(.limit, "")) { try UnixSocket.connect(path: path) }
      }
    }
    #expect(try openDescriptors() - before < 200)  // other tests open some meanwhile
  }

  private func openDescriptors() throws -> Int {
    let listing = try #require(opendir("/proc/self/fd"))
    defer { closedir(listing) }
    var count = 0
    while readdir(listing) != nil { count += 1 }
    return count
  }
}
