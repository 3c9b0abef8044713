import Dispatch
import Foundation
import Synchronization
import Testing
import WSMan
import WinRMConfiguration

@testable import WinRMResources

/// Changes of two at once, and what is stored when.
@Suite struct ConcurrentChangeTests {
  /// Runs `put` on another thread while `change` has the settings locked, and lets it wait there until they are stored.
  private func meanwhile(
    _ machine: Machine, change: (inout WinRMSettings) throws -> Void, put: @escaping @Sendable () throws -> Void
  ) throws {
    let done = DispatchSemaphore(value: 0)
    let succeeded = Mutex(false)
    let result = Result {
      try machine.store.update { settings in
        Thread.detachNewThread {
          if (try? put()) != nil { succeeded.withLock { $0 = true } }
          done.signal()
        }
        usleep(400_000)
        try change(&settings)
      }
    }
    done.wait()
    try result.get()
    #expect(succeeded.withLock { $0 })
  }

  @Test("Two changes of one listener are both kept")
  func listener() throws {
    let machine = try Machine()
    let keys = ["Address": "*", "Transport": "HTTP"]
    try machine.create("config/listener", nil, keys)
    try meanwhile(machine) { settings in
      var listener = try #require(settings.listener(address: "*", transport: "HTTP"))
      listener.port = 15_999
      try settings.replaceListener(listener)
    } put: {
      try machine.put("config/listener", "<c:Listener><c:Hostname>here</c:Hostname></c:Listener>", keys)
    }
    let element = try machine.get("config/listener", keys)
    #expect(element.at("Port")?.text == "15999" && element.at("Hostname")?.text == "here")
  }

  @Test("Two changes of one plug-in are both kept")
  func plugIn() throws {
    let machine = try Machine()
    let keys = ["Name": "Shell cmd plugin"]
    try meanwhile(machine) { settings in
      var plugIn = try #require(settings.plugIn(named: "Shell cmd plugin"))
      plugIn.enabled = false
      try settings.replacePlugIn(plugIn)
    } put: {
      try machine.put("config/plugin", "<c:PlugInConfiguration><c:Quotas MaxShells='7'/></c:PlugInConfiguration>", keys)
    }
    let element = try machine.get("config/plugin", keys)
    #expect(element.attribute("Enabled") == "false" && element.at("Quotas")?.attribute("MaxShells") == "7")
  }

  @Test("The answer is made before anything is stored: nothing can fail afterwards")
  func order() throws {
    let isStored = Mutex(false)
    let looksSeen = Mutex(0)
    let machine = try Machine { environment in
      let (network, store) = (environment.network, environment.store)
      environment.network = {
        let port = (try? store.load().listener(address: "*", transport: "HTTP")?.port) ?? 0
        looksSeen.withLock { $0 += 1 }
        if port == 15_999 { isStored.withLock { $0 = true } }
        return network()
      }
    }
    let keys = ["Address": "*", "Transport": "HTTP"]
    try machine.create("config/listener", nil, keys)
    looksSeen.withLock { $0 = 0 }
    let document = try Machine.xml("<c:Listener><c:Port>15999</c:Port></c:Listener>", "config/listener")
    #expect(try machine.ask("config/listener", .put, .put(document), keys).changed)
    #expect(looksSeen.withLock { $0 } >= 2 && !isStored.withLock { $0 })
    #expect(try machine.get("config/listener", keys).at("Port")?.text == "15999")
  }

  @Test("A keytab that others could have written cannot be set")
  func keytab() throws {
    let machine = try Machine()
    let path = machine.directory + "/service.keytab"
    #expect(FileManager.default.createFile(atPath: path, contents: Data("keys".utf8)))
    let document = "<c:Service><c:KeytabFile>\(path)</c:KeytabFile></c:Service>"
    #expect(chmod(machine.directory, 0o755) == 0 && chmod(path, 0o644) == 0)
    machine.refused(0x8033_8041, mentioning: "KeytabFile", "chmod 600") { try machine.put("config/service", document) }
    #expect(chmod(path, 0o600) == 0 && chmod(machine.directory, 0o777) == 0)
    machine.refused(0x8033_8041, mentioning: "others can write its directory") { try machine.put("config/service", document) }
    #expect(chmod(machine.directory, 0o755) == 0)
    #expect(try machine.put("config/service", document).changed)
  }
}
