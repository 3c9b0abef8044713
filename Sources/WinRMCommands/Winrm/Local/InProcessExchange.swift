import Certificates
import SecuritySupport
import WSMan
import WinRMConfiguration
import WinRMResources

/// The configuration of a service that does not run: the same code as in the service, on the files, with the rights of the user.
struct InProcessExchange: LocalExchange {
  private let paths: WinRMPaths
  private let userID: UInt32
  private let resources: ConfigurationResources

  init(paths: WinRMPaths, userID: UInt32 = WinRMPaths.processUserID) {
    self.paths = paths
    self.userID = userID
    var environment = ConfigurationResources.Environment(
      store: ConfigurationStore(paths: paths), certificates: ServerCertificateStore(directory: paths.certificateDirectory))
    environment.service = SystemService.control(paths)
    resources = ConfigurationResources(environment)
  }

  func answer(_ request: WSManRequest) throws -> ResponseBody {
    guard let uri = request.header.resourceURI, resources.serves(uri) else { throw noService(request.header.resourceURI) }
    do { return try resources.answer(request, owner: "this process").body } catch {
      guard error.wsmanCode == .accessDenied, let hint = machineHint(uri) else { throw error }
      var explained = error
      explained.reason += "\n" + hint
      throw explained
    }
  }

  /// Shells, and the list of what there is, belong to a service that runs.
  private func noService(_ uri: ResourceURI?) -> WSManFault {
    guard let uri, uri.isShell || uri.rawValue.lowercased() == ResourceURI.config.rawValue + "/resource" else {
      return .destinationUnreachable(uri)
    }
    return .internalError(
      .destinationUnreachable,
      "winrmd does not run here (there is no \(paths.serviceSocket)), and only winrm/config can be used without it.")
  }

  private func machineHint(_ uri: ResourceURI) -> String? {
    let path = uri.rawValue.lowercased()
    guard path.hasPrefix(ConfigurationResource.client.uri) else { return nil }
    return WinrmFailure.machineFileHint(paths.machineSettingsFile, paths: paths, userID: userID)
  }
}
