import SecuritySupport
import Synchronization
import Testing
import WSMan
import WinRM

@Suite struct ShellTests {
  @Test func commandRunsAndEverythingIsCleanedUp() async throws {
    let service = try FakeService(answers: shellAnswers(exitCode: 0xC000_013A))
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      try await withWinRMClient(try configuration(server)) { client in
        let options = ShellOptions(environment: [EnvironmentVariable("A", "1")], workingDirectory: "/tmp", noProfile: true)
        try await client.withShell(options) { shell in
          try await shell.run("printf", arguments: ["a b", "c"]) { running in
            var output: [CommandOutput] = []
            for try await piece in running.output { output.append(piece) }
            #expect(output == [.standardOutput(Array("hello\n".utf8)), .standardError(Array("e".utf8))])
            #expect(await running.exitCode == 0xC000_013A)
          }
        }
      }
      #expect(await service.actions == ["Create", "Command", "Receive", "Signal", "Delete"])
      #expect(server.connectionCount == 1)  // no input, no second connection
      let envelopes = await service.envelopes
      guard case .createShell(let shell) = envelopes[0].body, case .command(let command) = envelopes[1].body else {
        Issue.record("unexpected bodies")
        return
      }
      #expect(shell.environment == [EnvironmentVariable("A", "1")])
      #expect(shell.workingDirectory == "/tmp")
      #expect(envelopes[0].header.option("WINRS_NOPROFILE") == "TRUE")
      #expect(envelopes[0].header.option("WINRS_CODEPAGE") == "65001")
      #expect(command.command == "printf")
      #expect(command.arguments == ["a b", "c"])
      #expect(envelopes.allSatisfy { $0.header.to == "http://127.0.0.1:\(server.port)/wsman" })
      #expect(Set(envelopes.map(\.header.messageID)).count == envelopes.count)
    }
  }

  @Test func longPollIsRepeated() async throws {
    let polls = Mutex(0)
    let service = try FakeService(
      answers: shellAnswers { request in
        guard case .receive = request.body else { return nil }
        let count = polls.withLock {
          $0 += 1
          return $0
        }
        return count <= 3 ? .fault(.timedOut) : nil
      })
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      try await withWinRMClient(try configuration(server)) { client in
        try await client.withShell { shell in
          let code = try await shell.run("x") { try await $0.waitForExit() }
          #expect(code == 0)
        }
      }
      #expect(polls.withLock { $0 } == 4)
      #expect(server.connectionCount == 1)
    }
  }

  @Test func inputTravelsOnAConnectionOfItsOwn() async throws {
    let service = try FakeService(answers: shellAnswers())
    let input = (0..<250_000).map { UInt8(truncatingIfNeeded: $0) }
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      try await withWinRMClient(try configuration(server)) { client in
        try await client.withShell { shell in
          try await shell.run("cat") { running in
            try await running.write(input)
            try await running.closeStandardInput()
            _ = try await running.waitForExit()
          }
        }
      }
      #expect(server.connectionCount == 2)
      var received: [UInt8] = []
      var ends = 0
      for case .send(let blocks) in await service.envelopes.map(\.body) {
        for block in blocks {
          received += block.data
          if block.end { ends += 1 }
        }
      }
      #expect(received == input)
      #expect(ends == 1)
    }
  }

  @Test func emptyInputIsClosedWithoutASecondConnection() async throws {
    let service = try FakeService(answers: shellAnswers())
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      try await withWinRMClient(try configuration(server)) { client in
        try await client.withShell { shell in
          _ = try await shell.run("cat", options: CommandOptions(closesStandardInput: true)) { try await $0.waitForExit() }
        }
      }
      #expect(await service.actions == ["Create", "Command", "Send", "Receive", "Signal", "Delete"])
      #expect(server.connectionCount == 1)
    }
  }

  @Test func controlCReachesACommandWhoseOutputIsAwaited() async throws {
    let (signalled, continuation) = AsyncStream.makeStream(of: Void.self)
    let (waiting, waitContinuation) = AsyncStream.makeStream(of: Void.self)
    let service = try FakeService(
      answers: shellAnswers(exitCode: 130) { request in
        switch request.body {
        case .receive:
          waitContinuation.yield()
          for await _ in signalled { break }
          return nil
        case .signal(_, .controlC):
          continuation.yield()
          return nil
        default: return nil
        }
      })
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      try await withWinRMClient(try configuration(server)) { client in
        try await client.withShell { shell in
          let code = try await shell.run("sleep") { running in
            let end = Task { try await running.waitForExit() }
            for await _ in waiting { break }
            try await running.signal(.controlC)
            return try await end.value
          }
          #expect(code == 130)
        }
      }
      #expect(server.connectionCount == 2)
    }
  }

  @Test func inputThatWasNotTakenIsSentAgain() async throws {
    let sends = Mutex(0)
    let service = try FakeService(
      answers: shellAnswers { request in
        guard case .send(let blocks) = request.body, blocks[0].data == [7] else { return nil }
        let count = sends.withLock {
          $0 += 1
          return $0
        }
        return count <= 3 ? .fault(.inputNotTaken) : nil
      })
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      try await withWinRMClient(try configuration(server)) { client in
        try await client.withShell { shell in try await shell.run("sleep") { try await $0.write([7]) } }
      }
      #expect(sends.withLock { $0 } == 4)
    }
  }

  /// How much of it a server has taken that merely says TimedOut is not known: sending it again might double it.
  @Test func inputOfUnknownFateIsNotSentAgain() async throws {
    let service = try FakeService(
      answers: shellAnswers { request in
        if case .send = request.body { .fault(.timedOut) } else { nil }
      })
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      let error = await #expect(throws: WinRMError.self) {
        try await withWinRMClient(try configuration(server)) { client in
          try await client.withShell { shell in try await shell.run("sleep") { try await $0.write([7]) } }
        }
      }
      #expect(error?.code == .operationTimedOut)
      #expect(await service.actions.filter { $0 == "Send" }.count == 1)
    }
  }

  @Test func inputThatIsNotReadHoldsNoSignalUp() async throws {
    let (signalled, continuation) = AsyncStream.makeStream(of: Void.self)
    let (sending, sendContinuation) = AsyncStream.makeStream(of: Void.self)
    let service = try FakeService(
      answers: shellAnswers { request in
        switch request.body {
        case .send:
          sendContinuation.yield()
          for await _ in signalled { break }
          return nil
        case .signal(_, .controlC):
          continuation.finish()
          return nil
        default: return nil
        }
      })
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      try await withWinRMClient(try configuration(server)) { client in
        try await client.withShell { shell in
          try await shell.run("sleep") { running in
            let writing = Task { try await running.write([1]) }
            for await _ in sending { break }
            try await running.signal(.controlC)
            try await writing.value
          }
        }
      }
      #expect(server.connectionCount == 3)
    }
  }

  @Test func inputForACommandThatHasEndedIsThrownAway() async throws {
    let service = try FakeService(
      answers: shellAnswers { request in
        if case .send = request.body { .fault(.unexpectedSelectors(.command("x"))) } else { nil }
      })
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      try await withWinRMClient(try configuration(server)) { client in
        try await client.withShell { shell in try await shell.run("true") { try await $0.write([1]) } }
      }
    }
  }

  @Test func accessDeniedIsExplained() async throws {
    let service = try FakeService(answers: { _ in .fault(.accessDenied()) })
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      let error = await #expect(throws: WinRMError.self) {
        try await withWinRMClient(try configuration(server)) { client in try await client.withShell { _ in } }
      }
      #expect(error?.code == .accessDenied)
      #expect(error?.stage == .shell)
      #expect(error?.cause.hasPrefix("Access is denied") == true)
      #expect(error?.nextStep.contains("winrm-users") == true)
      #expect(error?.fault != nil)
    }
  }

  @Test(
    "a 5 that is not the account's keeps the server's text",
    arguments: [
      WSManFault.internalError(.accessDenied, "The working directory cannot be entered.", provider: "Shell cmd plugin"),
      WSManFault.accessDenied("The program may not be executed."),
    ]) func otherRefusalsKeepTheirText(_ fault: WSManFault) async throws
  {
    let error = try await failure(of: fault)
    #expect(error.code == .accessDenied)
    #expect(error.cause == fault.reason)
    #expect(!error.nextStep.contains("winrm-users"))
  }

  @Test func serviceThatStopsIsExplained() async throws {
    let error = try await failure(of: .operationAborted())
    #expect(error.nextStep.contains("service was stopped, or the shell was deleted"))
  }

  /// What a client is told when creating a shell has this fault.
  private func failure(of fault: WSManFault) async throws -> WinRMError {
    let service = try FakeService(answers: { _ in .fault(fault) })
    return try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      try #require(
        await #expect(throws: WinRMError.self) {
          try await withWinRMClient(try configuration(server)) { client in try await client.withShell { _ in } }
        })
    }
  }

  @Test func cancelledRunStillEndsTheCommandAndTheShell() async throws {
    let (arrived, continuation) = AsyncStream.makeStream(of: Void.self)
    let service = try FakeService(
      answers: shellAnswers { request in
        guard case .receive = request.body else { return nil }
        continuation.yield()
        return .react(.silence)
      })
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      let configuration = try configuration(server)
      let task = Task {
        try await withWinRMClient(configuration) { client in
          try await client.withShell { shell in try await shell.run("sleep") { _ = try await $0.waitForExit() } }
        }
      }
      for await _ in arrived { break }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(await service.actions == ["Create", "Command", "Receive", "Signal", "Delete"])
    }
  }
}
