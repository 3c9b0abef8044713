/// The step that failed, as the service knows it (`SpawnStage`), and what is written when all steps but the last have succeeded.
enum Stage: UInt8 {
  case specification = 1
  case session = 2
  case signals = 3
  case groups = 4
  case groupID = 5
  case userID = 6
  case limits = 7
  case workingDirectory = 8
  case privileges = 9
  case execute = 10
  case descriptors = 11

  /// One byte before the program is executed. After it the pipe ends (success), or a failure follows.
  static let ready: UInt8 = 0
}

/// A failed step and the system's error number.
struct Failure: Error {
  var stage: Stage
  var number: Int32
}
