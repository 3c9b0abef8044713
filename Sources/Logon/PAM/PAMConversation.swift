import CPAM
import Glibc

/// A conversation with nobody: what modules tell is passed over, what they ask fails.
enum PAMConversation {
  /// The most messages of one call (`PAM_MAX_NUM_MSG`).
  private static let maximumMessages = Int32(32)

  static func make() -> pam_conv { pam_conv(conv: answer, appdata_ptr: nil) }

  private static let answer:
    @convention(c) (
      Int32, UnsafeMutablePointer<UnsafePointer<pam_message>?>?, UnsafeMutablePointer<UnsafeMutablePointer<pam_response>?>?,
      UnsafeMutableRawPointer?
    ) -> Int32 = { count, messages, responses, _ in
      guard count > 0, count <= maximumMessages, let messages, let responses else { return PAM_CONV_ERR }
      for index in 0..<Int(count) {
        guard let style = messages[index]?.pointee.msg_style, style == PAM_TEXT_INFO || style == PAM_ERROR_MSG else { return PAM_CONV_ERR }
      }
      // The module frees it: memory of the C library's.
      guard let answers = calloc(Int(count), MemoryLayout<pam_response>.stride) else { return PAM_BUF_ERR }
      responses.pointee = answers.assumingMemoryBound(to: pam_response.self)
      return PAM_SUCCESS
    }
}
