import LogonInterface
import SecuritySupport
import Synchronization
import Testing
import WSMan
import WinRMConfiguration

@testable import WinRMService

/// Shells and commands over the wire, with a scripted authority (MS-WSMV §3.1.4; attacks W-05, W-06, W-08, W-09, W-10, W-11).
@Suite(.timeLimit(.minutes(2)))
struct ShellTests {
  // MARK: The usual course

  @Test("create, command, output in order, exit code, release, delete")
  func usualCourse() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      let shell = try await client.openShell(ShellDescription(environment: [.init("A", "1")], workingDirectory: "/tmp"))
      #expect(GUIDText.isValid(shell))
      let options = try #require(service.authority.record.opened.first).1
      #expect(options.environment == [.init("A", "1")])
      #expect(options.workingDirectory == "/tmp")
      let command = try await client.start(shell, CommandLine(command: "ls", arguments: ["-l", "a b"]))
      let process = try await service.authority.nextProcess()
      #expect(process.specification == CommandSpecification(commandLine: "ls", arguments: ["-l", "a b"]))
      process.write("hello ")
      let first = try await client.output(shell, command)
      #expect(first.state == .running)
      #expect(first.streams.map(\.data) == [Array("hello ".utf8)])
      process.write("world")
      process.exit(.exited(code: 3))
      var bytes: [UInt8] = []
      var last = try await client.output(shell, command)
      bytes += last.streams.flatMap(\.data)
      while last.state == .running {
        last = try await client.output(shell, command)
        bytes += last.streams.flatMap(\.data)
      }
      #expect(bytes == Array("world".utf8))
      #expect(last.state == .done(exitCode: 3))
      // Both streams are ended before Done is said.
      #expect(last.streams.suffix(2).map(\.name) == ["stdout", "stderr"])
      #expect(last.streams.suffix(2).allSatisfy { $0.end && $0.data.isEmpty })
      try await client.perform(Ask.signal(shell, command, .terminate))
      try await client.perform(Ask.delete(shell))
      #expect(service.authority.record.closed.count == 1)
      #expect(try await client.fault(Ask.delete(shell)) == .unexpectedSelectors)
    }
  }

  @Test("the answer to Create says what was made")
  func created() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      let wanted = "a1b2c3d4-0000-4000-8000-00000000000f"
      guard
        case .shellCreated(let shell) = try await client.perform(
          Ask.create(ShellDescription(shellID: wanted, idleTimeout: .seconds(900)))
        ).body
      else {
        Issue.record("no shell")
        return
      }
      #expect(shell.shellID == wanted)  // as the client wrote it
      #expect(shell.owner == "HOST\\alice")
      #expect(shell.clientIP == "127.0.0.1")
      #expect(shell.idleTimeout == .seconds(900))
      #expect(shell.inputStreams == ["stdin"])
      #expect(shell.outputStreams == ["stdout", "stderr"])
    }
  }

  @Test("W-10 bytes pass unchanged, whatever they are, in both directions")
  func bytes() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      let shell = try await client.openShell()
      let command = try await client.start(shell)
      let process = try await service.authority.nextProcess()
      let all = (0..<1024).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      try await client.perform(Ask.send(shell, command, all))
      try await client.perform(Ask.send(shell, command, [], end: true))
      var read: [UInt8] = []
      while true {
        let more = process.read()
        if more.isEmpty { break }
        read += more
      }
      #expect(read == all)
      process.write(all, toError: true)
      let result = try await client.output(shell, command)
      #expect(result.streams.map(\.name) == ["stderr"])
      #expect(result.streams.flatMap(\.data) == all)
    }
  }

  @Test("output is cut to the client's MaxEnvelopeSize and nothing of it is lost", arguments: [8192, 20_000, 153_600])
  func envelopeSize(size: Int) async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      let shell = try await client.openShell()
      let command = try await client.start(shell)
      let process = try await service.authority.nextProcess()
      let written = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 251) }
      let writer = Task.detached {
        process.write(written)
        process.exit(.exited(code: 0))
      }
      var read: [UInt8] = []
      while true {
        try await client.send(Ask.receive(shell, command, size: size))
        let answer = try await client.receive()
        #expect(answer.encode().count <= size)
        guard case .received(let result) = answer.body else { break }
        read += result.streams.flatMap(\.data)
        if case .done = result.state { break }
      }
      #expect(read == written)
      await writer.value
    }
  }

  @Test("W-09 a command that writes without end waits for its reader: memory stays bounded")
  func backPressure() async throws {
    try await ServiceFixture.with(shells: { $0.outputBuffer = 256 * 1024 }) { service in
      let client = try await service.logOn("alice")
      let shell = try await client.openShell()
      let command = try await client.start(shell)
      let process = try await service.authority.nextProcess()
      let written = Mutex(0)
      let writer = Task.detached {
        let piece = [UInt8](repeating: 0x61, count: 65_536)
        for _ in 0..<128 {  // 8 MiB
          process.write(piece)
          written.withLock { $0 += piece.count }
        }
        process.exit(.exited(code: 0))
      }
      // However long nobody reads: the service keeps 256 KiB and at most one more read of 64 KiB, the pipe 64 KiB.
      while written.withLock({ $0 }) < 256 * 1024 { try await Task.sleep(for: .milliseconds(5)) }
      try await Task.sleep(for: .milliseconds(200))
      #expect(written.withLock { $0 } <= 384 * 1024)
      var total = 0
      while true {
        let result = try await client.output(shell, command)
        total += result.streams.reduce(0) { $0 + $1.data.count }
        if result.state != .running { break }
      }
      #expect(total == 128 * 65_536)
      await writer.value
    }
  }

  // MARK: Receive

  @Test("a long poll without output ends with TimedOut, and loses nothing")
  func longPoll() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      let shell = try await client.openShell()
      let command = try await client.start(shell)
      let process = try await service.authority.nextProcess()
      #expect(try await client.fault(Ask.receive(shell, command, timeout: .milliseconds(50))) == .operationTimedOut)
      process.write("late")
      #expect(try await client.output(shell, command).streams.flatMap(\.data) == Array("late".utf8))
    }
  }

  @Test("W-04 OperationTimeout of zero answers at once; one beyond MaxTimeoutms is cut")
  func timeouts() async throws {
    try await ServiceFixture.with(shells: { $0.operationTimeout = .milliseconds(50) }) { service in
      let client = try await service.logOn("alice")
      let shell = try await client.openShell()
      let command = try await client.start(shell)
      _ = try await service.authority.nextProcess()
      #expect(try await client.fault(Ask.receive(shell, command, timeout: .zero)) == .operationTimedOut)
      #expect(try await client.fault(Ask.receive(shell, command, timeout: .seconds(99_999_999))) == .operationTimedOut)
    }
  }

  @Test("W-06 a second Receive while one waits: Concurrency")
  func parallelReceives() async throws {
    try await ServiceFixture.with { service in
      let first = try await service.logOn("alice")
      let shell = try await first.openShell()
      let command = try await first.start(shell)
      let process = try await service.authority.nextProcess()
      let second = try await service.logOn("alice")
      try await first.send(Ask.receive(shell, command))
      // Until the first one waits, the second may do so in its place, and must not be there when the first one comes.
      repeat {
        try await Task.sleep(for: .milliseconds(100))
      } while try await second.fault(Ask.receive(shell, command, timeout: .milliseconds(1))) != .concurrency
      process.write("x")
      guard case .received(let result) = try await first.receive().body else {
        Issue.record("no output")
        return
      }
      #expect(result.streams.flatMap(\.data) == [0x78])
    }
  }

  @Test("C-19 a Receive whose connection vanishes is given up and takes no output with it")
  func vanishedConnection() async throws {
    try await ServiceFixture.with { service in
      let first = try await service.logOn("alice")
      let shell = try await first.openShell()
      let command = try await first.start(shell)
      let process = try await service.authority.nextProcess()
      try await first.send(Ask.receive(shell, command))
      first.raw.close()
      let second = try await service.logOn("alice")
      while try await second.fault(Ask.receive(shell, command, timeout: .milliseconds(1))) == .concurrency {}
      process.write("still here")
      #expect(try await second.output(shell, command).streams.flatMap(\.data) == Array("still here".utf8))
    }
  }

  @Test("W-06 Receive after Done, and for what never was: the fault of an unknown command")
  func afterDone() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      let shell = try await client.openShell()
      let command = try await client.start(shell)
      try await service.authority.nextProcess().exit(.exited(code: 0))
      while try await client.output(shell, command).state == .running {}
      #expect(try await client.fault(Ask.receive(shell, command)) == .unexpectedSelectors)
      #expect(try await client.fault(Ask.receive(shell, GUIDText.random())) == .unexpectedSelectors)
      #expect(try await client.fault(Ask.receive(shell, command, streams: ["stdout", "pr"])) == .shellInvalidDesiredStreams)
      #expect(try await client.fault(Ask.receive(shell, nil)) == .invalidParameter)
    }
  }

  @Test("W-09 a background process that keeps the pipes does not keep the command from ending")
  func orphanedPipes() async throws {
    try await ServiceFixture.with(shells: { $0.orphanedPipeTimeout = .milliseconds(100) }) { service in
      let client = try await service.logOn("alice")
      let shell = try await client.openShell()
      let command = try await client.start(shell)
      let process = try await service.authority.nextProcess()
      process.write("before")
      process.exit(.exited(code: 0), closingPipes: false)
      var last = try await client.output(shell, command)
      #expect(last.streams.flatMap(\.data) == Array("before".utf8))
      while last.state == .running { last = try await client.output(shell, command) }
      #expect(last.state == .done(exitCode: 0))
      process.closeOutputs()
    }
  }

  // MARK: Signals and exit codes

  @Test("exit codes: 128 + n for signal n, 0xC000013A after a Ctrl-C that was sent here")
  func exitCodes() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      let shell = try await client.openShell()
      let cases: [(SignalCode?, LogonInterface.ExitStatus, UInt32)] = [
        (nil, .exited(code: 255), 255), (nil, .signaled(9), 137), (nil, .signaled(2), 130), (nil, .signaled(3), 131),
        (.controlC, .signaled(2), 0xC000_013A), (.controlBreak, .signaled(3), 0xC000_013A), (.controlC, .exited(code: 5), 5),
        (.controlC, .signaled(15), 143),
      ]
      for (signal, status, code) in cases {
        let command = try await client.start(shell)
        let process = try await service.authority.nextProcess()
        if let signal {
          try await client.perform(Ask.signal(shell, command, signal))
          #expect(process.signals.withLock { $0 } == [signal == .controlC ? .interrupt : .break])
        }
        process.exit(status)
        var state = try await client.output(shell, command).state
        while state == .running { state = try await client.output(shell, command).state }
        #expect(state == .done(exitCode: code))
      }
    }
  }

  @Test("terminate ends the process, tells a waiting Receive, and frees the id for nobody")
  func terminate() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      let shell = try await client.openShell()
      let command = try await client.start(shell)
      let process = try await service.authority.nextProcess()
      let other = try await service.logOn("alice")
      try await other.send(Ask.receive(shell, command))
      repeat {
        try await Task.sleep(for: .milliseconds(100))
      } while try await client.fault(Ask.receive(shell, command, timeout: .milliseconds(1))) != .concurrency
      try await client.perform(Ask.signal(shell, command, .terminate))
      await #expect(throws: WSManFault.self) { try await other.receive() }
      #expect(process.signals.withLock { $0 } == [.terminate])
      #expect(try await client.fault(Ask.signal(shell, command, .terminate)) == .unexpectedSelectors)
      #expect(try await client.fault(Ask.command(shell, CommandLine(commandID: command, command: "id"))) == .alreadyExists)
    }
  }

  @Test("W-06 a signal that is none, and one for nobody")
  func unknownSignals() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      let shell = try await client.openShell()
      let command = try await client.start(shell)
      _ = try await service.authority.nextProcess()
      #expect(try await client.fault(Ask.signal(shell, command, SignalCode(rawValue: "urn:none"))) == .invalidParameter)
      #expect(try await client.fault(Ask.signal(shell, GUIDText.random(), .controlC)) == .unexpectedSelectors)
      try await client.perform(
        Ask.signal(shell, command, SignalCode(rawValue: SignalCode.terminate.rawValue.replacing("/terminate", with: "/Terminate"))))
    }
  }

  // MARK: Input

  @Test("W-06 Send after the end, to another stream, to nobody")
  func sendFaults() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      let shell = try await client.openShell()
      let command = try await client.start(shell)
      _ = try await service.authority.nextProcess()
      try await client.perform(Ask.send(shell, command, [1], end: true))
      #expect(try await client.fault(Ask.send(shell, command, [2])) == .brokenPipe)
      #expect(try await client.fault(Ask.send(shell, GUIDText.random(), [2])) == .unexpectedSelectors)
      var request = Ask.send(shell, command, [2])
      request.body = .send([StreamBlock(name: "stdout", commandID: command, data: [1])])
      #expect(try await client.fault(request) == .shellInvalidInputStream)
    }
  }

  @Test("input for a command that does not read: kept up to a limit, then TimedOut with nothing of it taken")
  func inputBackPressure() async throws {
    try await ServiceFixture.with(shells: { $0.inputBuffer = 100_000 }) { service in
      let client = try await service.logOn("alice")
      let shell = try await client.openShell()
      let command = try await client.start(shell)
      let process = try await service.authority.nextProcess()
      let piece = [UInt8](repeating: 0x62, count: 90_000)
      var taken = 0
      // The pipe takes 64 KiB, the service one piece more.
      while try await client.fault(Ask.send(shell, command, piece, timeout: .milliseconds(100))) == nil { taken += 1 }
      #expect(taken <= 3)
      // The fault says that the same may be sent again; not so when a block before it in the same request was taken.
      for blocks in [1, 2] {
        var request = Ask.send(shell, command, piece, timeout: .milliseconds(100))
        if blocks == 2 {
          request.body = .send([
            StreamBlock(name: "stdin", commandID: command), StreamBlock(name: "stdin", commandID: command, data: piece),
          ])
        }
        let fault = await #expect(throws: WSManFault.self) { try await client.perform(request) }
        #expect(fault?.wsmanCode == .operationTimedOut)
        #expect(fault?.saysInputNotTaken == (blocks == 1))
      }
      let wanted = taken * piece.count
      let reader = Task.detached {
        var count = 0
        while count < wanted { count += process.read().count }
        return count
      }
      #expect(await reader.value == wanted)
      try await client.perform(Ask.send(shell, command, Array("end".utf8), end: true))
      #expect(process.read() == Array("end".utf8))
      #expect(process.read().isEmpty)
    }
  }

  @Test("input for a command that has closed its input is thrown away")
  func closedInput() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      let shell = try await client.openShell()
      let command = try await client.start(shell)
      let process = try await service.authority.nextProcess()
      process.closeInput()
      for _ in 0..<4 { try await client.perform(Ask.send(shell, command, [UInt8](repeating: 0, count: 200_000))) }
      process.exit(.exited(code: 0))
      while try await client.output(shell, command).state == .running {}
    }
  }

  // MARK: Ids and owners

  @Test("a repeated CommandId faults and never runs twice; case and uuid: do not make it another")
  func repeatedCommandID() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      let shell = try await client.openShell()
      let id = "0f8fad5b-d9cb-469f-a165-70867728950e"
      #expect(try await client.start(shell, CommandLine(commandID: id, command: "id")) == id)
      try await service.authority.nextProcess().exit(.exited(code: 0))
      for again in [id, id.uppercased(), "uuid:" + id] {
        #expect(try await client.fault(Ask.command(shell, CommandLine(commandID: again, command: "id"))) == .alreadyExists)
      }
      while try await client.output(shell, id.uppercased()).state == .running {}
      try await client.perform(Ask.signal(shell, id, .terminate))
      #expect(try await client.fault(Ask.command(shell, CommandLine(commandID: id, command: "id"))) == .alreadyExists)
      #expect(try await client.fault(Ask.command(shell, CommandLine(commandID: "not-a-guid", command: "id"))) == .invalidParameter)
      // One that the service chose cannot be replayed either.
      let own = try await client.start(shell)
      #expect(try await client.fault(Ask.command(shell, CommandLine(commandID: own, command: "id"))) == .alreadyExists)
    }
  }

  @Test("W-05 another user's shell is as unknown as one that never was, and its id is free for everybody")
  func otherUsers() async throws {
    try await ServiceFixture.with { service in
      let alice = try await service.logOn("alice")
      let shell = try await alice.openShell()
      let command = try await alice.start(shell)
      _ = try await service.authority.nextProcess()
      let bob = try await service.logOn("bob")
      for id in [shell, GUIDText.random()] {
        for request in [
          Ask.command(id), Ask.receive(id, command), Ask.send(id, command, [1]), Ask.signal(id, command, .terminate),
          Ask.signal(id, nil, .terminate),
          Ask.delete(id),
        ] {
          do {
            try await bob.perform(request)
            Issue.record("no fault")
          } catch let fault as WSManFault {
            #expect(fault.wsmanCode == .unexpectedSelectors)
            #expect(fault.detail == .unexpectedSelectors)
            #expect(fault.reason.replacing(id, with: "ID") == WSManFault.unexpectedSelectors(.shell("ID")).reason)
          }
        }
      }
      #expect(try await bob.openShell(ShellDescription(shellID: shell)) == shell)
      try await bob.perform(Ask.delete(shell))
      #expect(try await alice.fault(Ask.receive(shell, command, timeout: .milliseconds(1))) == .operationTimedOut)
    }
  }

  @Test("other connections of the same user use the shell; its credentials stay those of the first Create")
  func otherConnections() async throws {
    try await ServiceFixture.with { service in
      let first = try await service.logOn("alice")
      let shell = try await first.openShell()
      first.raw.close()
      let second = try await service.logOn("alice")
      let command = try await second.start(shell)
      try await service.authority.nextProcess().exit(.exited(code: 0))
      while try await second.output(shell, command).state == .running {}
      #expect(service.authority.record.opened.count == 1)
      #expect(try await second.fault(Ask.create(ShellDescription(shellID: shell))) == .alreadyExists)
      #expect(service.authority.record.opened.count == 1)
    }
  }

  @Test("selectors: none given, and the shell's id in another case")
  func selectors() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      let shell = try await client.openShell()
      #expect(try await client.fault(WSManRequest(header: Ask.header(.delete), body: .deleteShell)) == .insufficientSelectors)
      try await client.perform(Ask.delete(shell.lowercased()))
    }
  }

  // MARK: Options and limits

  @Test("code pages that are accepted", arguments: ["65001", "437", "850", "1252"])
  func codePages(page: String) async throws {
    try await ServiceFixture.with { service in
      _ = try await service.logOn("alice").openShell(options: [OptionValue("WINRS_CODEPAGE", page), OptionValue("WINRS_NOPROFILE", "TRUE")])
    }
  }

  @Test("what Create refuses")
  func createFaults() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      for page in ["0", "1", "99999", "-1", "", "utf-8"] {
        #expect(try await client.fault(Ask.create(options: [OptionValue("WINRS_CODEPAGE", page)])) == .codePageNotSupported)
      }
      #expect(try await client.fault(Ask.create(options: [OptionValue("X", "1", mustComply: true)])) == .optionsNotSupported)
      _ = try await client.openShell(options: [OptionValue("X", "1")])
      for timeout in [Duration.zero, .seconds(59), .seconds(3_000_000_000)] where timeout < ISODuration.maximum {
        #expect(try await client.fault(Ask.create(ShellDescription(idleTimeout: timeout))) == .idleTimeoutOutOfBounds)
      }
      #expect(try await client.fault(Ask.create(ShellDescription(shellID: "1"))) == .invalidParameter)
      #expect(try await client.fault(Ask.create(ShellDescription(inputStreams: ["stdin", "pr"]))) == .shellInvalidInputStream)
      #expect(try await client.fault(Ask.create(ShellDescription(outputStreams: ["x"]))) == .shellInvalidDesiredStreams)
      // W-08: what the authority does not permit.
      #expect(try await client.fault(Ask.create(ShellDescription(environment: [.init("LD_PRELOAD", "/tmp/x")]))) == .invalidParameter)
      var other = Ask.create()
      other.header.resourceURI = .powerShell
      #expect(try await client.fault(other) == .resourceNotFound)
      other = Ask.create()
      other.header.action = .get
      other.body = .get
      #expect(try await client.fault(other) == .insufficientSelectors)
    }
  }

  @Test("shells switched off: 0x803381AC")
  func switchedOff() async throws {
    try await ServiceFixture.with(shells: { $0.allowsShells = false }) { service in
      let client = try await service.logOn("alice")
      #expect(try await client.fault(Ask.create()) == .remoteShellsNotAllowed)
    }
  }

  @Test("W-11 quotas: shells of one user, users, commands of one shell; all come back")
  func quotas() async throws {
    try await ServiceFixture.with(
      shells: {
        $0.shellsPerUser = 2
        $0.concurrentUsers = 1
        $0.processesPerShell = 2
      }
    ) { service in
      let alice = try await service.logOn("alice")
      let bob = try await service.logOn("bob")
      let first = try await alice.openShell()
      let second = try await alice.openShell()
      #expect(try await alice.fault(Ask.create()) == .quotaMaxShells)
      #expect(try await bob.fault(Ask.create()) == .quotaMaxShellUsers)
      try await alice.perform(Ask.delete(second))
      _ = try await alice.openShell()
      let command = try await alice.start(first)
      let process = try await service.authority.nextProcess()
      _ = try await alice.start(first)
      _ = try await service.authority.nextProcess()
      let id = GUIDText.random()
      #expect(try await alice.fault(Ask.command(first, CommandLine(commandID: id, command: "id"))) == .quotaMaxCommandsPerShell)
      // A command that has ended keeps its place until its client releases it.
      process.exit(.exited(code: 0))
      while try await alice.output(first, command).state == .running {}
      #expect(try await alice.fault(Ask.command(first)) == .quotaMaxCommandsPerShell)
      try await alice.perform(Ask.signal(first, command, .terminate))
      // An id that was refused for want of place has not been used.
      #expect(try await alice.start(first, CommandLine(commandID: id, command: "id")) == id)
    }
  }

  @Test("a command that cannot be started: code, and its place comes back")
  func startFailures() async throws {
    try await ServiceFixture.with(shells: { $0.processesPerShell = 1 }) { service in
      let client = try await service.logOn("alice")
      let shell = try await client.openShell()
      let cases: [(LogonFailure.Code, WinRMCode)] = [
        (.spawnFailed(errno: 2, stage: .execute), .fileNotFound), (.spawnFailed(errno: 13, stage: .execute), .accessDenied),
        (.accessDenied, .accessDenied), (.quota, .quotaMaxOperations), (.limit, .invalidParameter), (.unavailable, .internalFailure),
      ]
      for (failure, code) in cases {
        service.authority.failStarts(with: LogonFailure(failure, "scripted"))
        #expect(try await client.fault(Ask.command(shell)) == code)
      }
      service.authority.failStarts(with: LogonFailure(.invalidArgument, "the variable PATH is set by the service"))
      do {
        try await client.perform(Ask.command(shell))
        Issue.record("no fault")
      } catch let fault as WSManFault {
        #expect(fault.wsmanCode == .invalidParameter)
        #expect(fault.reason.contains("the variable PATH is set by the service"))
      }
      service.authority.failStarts(with: nil)
      _ = try await client.start(shell)
    }
  }

  // MARK: Time

  @Test("a shell that rests too long is closed; one that is used is not")
  func idleTimeout() async throws {
    let time = ManualTime()
    try await ServiceFixture.with(shells: { $0.operationTimeout = .seconds(10_000) }, time: time.source) { service in
      let client = try await service.logOn("alice")
      let resting = try await client.openShell(ShellDescription(idleTimeout: .seconds(100)))
      let used = try await client.openShell(ShellDescription(idleTimeout: .seconds(100)))
      let command = try await client.start(used)
      let process = try await service.authority.nextProcess()
      // A waiting Receive is use: two shells, the Receive and the look at the machine's addresses sleep.
      try await client.send(Ask.receive(used, command, timeout: .seconds(1000)))
      await time.untilSleepers(4)
      time.advance(by: .seconds(99))
      #expect(service.authority.record.closed.isEmpty)
      time.advance(by: .seconds(2))
      while service.authority.record.closed.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
      process.write("x")
      guard case .received = try await client.receive().body else {
        Issue.record("no output")
        return
      }
      #expect(try await client.fault(Ask.delete(resting)) == .unexpectedSelectors)
      #expect(service.logText.contains("its time is over"))
      // Then it rests as well.
      while service.authority.record.closed.count < 2 {
        time.advance(by: .seconds(60))
        try await Task.sleep(for: .milliseconds(5))
      }
      #expect(try await client.fault(Ask.delete(used)) == .unexpectedSelectors)
    }
  }

  @Test("a Lifetime ends the shell even while it is used")
  func lifetime() async throws {
    let time = ManualTime()
    try await ServiceFixture.with(shells: { $0.operationTimeout = .seconds(10_000) }, time: time.source) { service in
      let client = try await service.logOn("alice")
      let shell = try await client.openShell(ShellDescription(lifetime: .seconds(100)))
      let command = try await client.start(shell)
      _ = try await service.authority.nextProcess()
      try await client.send(Ask.receive(shell, command, timeout: .seconds(1000)))
      // The shell, the Receive, and the look at the machine's addresses.
      await time.untilSleepers(3)
      time.advance(by: .seconds(101))
      do {
        _ = try await client.receive()
        Issue.record("no fault")
      } catch let fault as WSManFault { #expect(fault.wsmanCode == .operationAborted) }
      #expect(try await client.fault(Ask.receive(shell, command)) == .unexpectedSelectors)
    }
  }

  @Test("Delete while a Receive waits: the Receive ends with 995, the session is closed")
  func deleteWhileReceiving() async throws {
    try await ServiceFixture.with { service in
      let first = try await service.logOn("alice")
      let shell = try await first.openShell()
      let command = try await first.start(shell)
      _ = try await service.authority.nextProcess()
      try await first.send(Ask.receive(shell, command))
      let second = try await service.logOn("alice")
      repeat {
        try await Task.sleep(for: .milliseconds(100))
      } while try await second.fault(Ask.receive(shell, command, timeout: .milliseconds(1))) != .concurrency
      try await second.perform(Ask.delete(shell))
      do {
        _ = try await first.receive()
        Issue.record("no fault")
      } catch let fault as WSManFault { #expect(fault.wsmanCode == .operationAborted) }
      #expect(service.authority.record.closed.count == 1)
    }
  }

  @Test("a limit that was set and has no effect is named in the log")
  func limitsWithoutEffect() async throws {
    let warning = "a limit is set that has no effect yet"
    try await ServiceFixture.with { service in #expect(!service.logText.contains(warning)) }
    try await ServiceFixture.with(
      settings: {
        $0.winrs.maxMemoryPerShellMB = 100
        $0.service.maxConcurrentOperationsPerUser = 5
      },
      { service in
        #expect(service.logText.contains(warning))
        for name in ["MaxMemoryPerShellMB", "MaxConcurrentOperationsPerUser"] { #expect(service.logText.contains(name)) }
      })
  }

  @Test("R-05 the log names accounts and shells, and holds no key, token, output or input")
  func logs() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      let shell = try await client.openShell(ShellDescription(environment: [.init("TOKEN", "canary-environment")]))
      let command = try await client.start(shell, CommandLine(command: "canary-command"))
      let process = try await service.authority.nextProcess()
      try await client.perform(Ask.send(shell, command, Array("canary-input".utf8)))
      process.write("canary-output")
      _ = try await client.output(shell, command)
      try await client.raw.send(post(authorization: token("canary-token")))
      _ = try await client.raw.answer()
      try await client.raw.send(post(path: "/canary-path"))
      _ = try await client.raw.answer()
      let text = service.logText
      #expect(text.contains("shell opened"))
      #expect(text.contains("HOST\\alice"))
      #expect(!text.contains("canary"))
      #expect(!text.contains(token("canary-token")))
      #expect(!text.contains(token("user:alice")))
      for number in ScriptedAuthority.sessionKey.indices.dropFirst(4) {
        let key = ScriptedAuthority.sessionKey.prefix(number).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(!text.contains(key))
      }
    }
  }
}
