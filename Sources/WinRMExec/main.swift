// winrmd-exec: becomes a command of a WinRM session.
//
// The service cannot change its own identity between fork and exec: it has many threads, and posix_spawn has no hook. So it starts this
// program, which takes what to do from descriptor 3, does it step by step, and becomes the command. What fails is reported on
// descriptor 4 with the step and the error number; a command that was started shows by that pipe's end. A general-purpose process
// library that closes every descriptor above 2 in the child cannot carry that pipe, which is why the service starts this program by
// posix_spawn itself.
//
// No PR_SET_PDEATHSIG: it is tied to the thread that called posix_spawn, and would kill commands whenever a pool gives up a thread.

import Glibc

private func becomeCommand() throws(Failure) -> Never {
  try Steps.closeDescriptors()
  guard let bytes = Descriptors.readSpecification(), let specification = Specification(decoding: bytes) else {
    throw Failure(stage: .specification, number: EINVAL)
  }
  try Steps.leaveSession()
  try Steps.resetSignals()
  try Steps.setLimits(specification.limits)
  try Steps.changeIdentity(specification)
  umask(specification.umask)
  try Steps.enterDirectory(specification.directory, orRoot: specification.fallsBackToRoot)
  try Steps.forbidNewPrivileges()
  Descriptors.report([Stage.ready])
  try Steps.execute(specification)
}

do throws(Failure) { try becomeCommand() } catch { Descriptors.report(error) }
_exit(127)
