/// Every code that users of WinRM meet: its number, its name in wsmerror.h, winerror.h, winhttp.h and ntstatus.h, and what it means. A line
/// without a text belongs to a code that ``CodeMessages`` explains at length, or to a missing parameter of a call.
///
/// One text and no dictionary: it costs nothing until somebody asks for a code.
enum CodeTable {
  static let lines: StaticString = """
    00000002 ERROR_FILE_NOT_FOUND The file was not found.
    00000003 ERROR_PATH_NOT_FOUND The directory was not found.
    00000005 ERROR_ACCESS_DENIED Access is denied.
    00000006 ERROR_INVALID_HANDLE The handle is invalid.
    0000000D ERROR_INVALID_DATA The data is not valid.
    0000001D ERROR_WRITE_FAULT A file cannot be read or written.
    0000001E ERROR_READ_FAULT A file cannot be read.
    00000032 ERROR_NOT_SUPPORTED The request is not supported.
    00000035 ERROR_BAD_NETPATH The network path was not found.
    00000043 ERROR_BAD_NET_NAME The network name cannot be found.
    00000056 ERROR_INVALID_PASSWORD The password does not open the file.
    00000057 ERROR_INVALID_PARAMETER The parameter is incorrect.
    0000006D ERROR_BROKEN_PIPE The command no longer reads its input.
    00000070 ERROR_DISK_FULL The disk is full.
    000000B7 ERROR_ALREADY_EXISTS There is something else of this name already.
    0000010B ERROR_DIRECTORY The working directory does not exist.
    000003E3 ERROR_OPERATION_ABORTED The operation was cancelled.
    000003FA ERROR_KEY_DELETED The profile of the user is gone while the shell still uses it. Make a new shell.
    000004C7 ERROR_CANCELLED The operation was cancelled by the user.
    000004D5 ERROR_RETRY The operation could not be completed now. Try it again.
    000004FA ERROR_SYNC_FOREGROUND_REFRESH_REQUIRED The domain's policy could not be read.
    00000520 ERROR_NO_SUCH_LOGON_SESSION There is no logon session with credentials to go on with.
    00000523 ERROR_INVALID_ACCOUNT_NAME The name of the account is not valid.
    00000524 ERROR_USER_EXISTS The account exists already.
    00000525 ERROR_NO_SUCH_USER The account or the user does not exist.
    0000052D ERROR_PASSWORD_RESTRICTION The password does not meet the requirements.
    0000052E ERROR_LOGON_FAILURE The user name or the password is incorrect.
    0000052F ERROR_ACCOUNT_RESTRICTION A restriction of the account forbids it.
    00000530 ERROR_INVALID_LOGON_HOURS The account may not log on at this time.
    00000531 ERROR_INVALID_WORKSTATION The account may not log on from this machine.
    00000532 ERROR_PASSWORD_EXPIRED The password has expired.
    00000533 ERROR_ACCOUNT_DISABLED The account is disabled.
    0000054F ERROR_INTERNAL_ERROR An internal error occurred.
    00000569 ERROR_LOGON_TYPE_NOT_GRANTED The user has not been granted this type of logon.
    000005B4 ERROR_TIMEOUT The time for the operation was up.
    00000701 ERROR_ACCOUNT_EXPIRED The account has expired.
    00000773 ERROR_PASSWORD_MUST_CHANGE The password must be changed first.
    00000775 ERROR_ACCOUNT_LOCKED_OUT The account is locked.
    00002EE2 ERROR_WINHTTP_TIMEOUT The HTTP server did not answer in time.
    00002EE7 ERROR_WINHTTP_NAME_NOT_RESOLVED The name of the HTTP server cannot be resolved.
    00002EFD ERROR_WINHTTP_CANNOT_CONNECT The HTTP server cannot be reached.
    00002F8F ERROR_WINHTTP_SECURE_FAILURE The TLS connection to the HTTP server failed.
    80090008 NTE_BAD_ALGID The algorithm or the kind of key is not supported.
    80090016 NTE_BAD_KEYSET There is no private key that fits.
    80090303 SEC_E_TARGET_UNKNOWN The name of the service is not known to the authority that should vouch for it.
    80090304 SEC_E_INTERNAL_ERROR The security library failed.
    80090308 SEC_E_INVALID_TOKEN A token of the authentication is invalid.
    8009030C SEC_E_LOGON_DENIED The logon attempt failed.
    8009030D SEC_E_UNKNOWN_CREDENTIALS The credentials are not of a kind that the authentication knows.
    8009030E SEC_E_NO_CREDENTIALS There are no credentials to authenticate with. Inside of a remote session this means that it holds no delegated ones.
    80090311 SEC_E_NO_AUTHENTICATING_AUTHORITY No authority could be reached for the authentication.
    80090322 SEC_E_WRONG_PRINCIPAL The service runs under another account than its name says.
    80090324 SEC_E_TIME_SKEW The clocks differ too much.
    80090325 SEC_E_UNTRUSTED_ROOT The certificate chain ends at an authority that is not trusted.
    80090326 SEC_E_ILLEGAL_MESSAGE A message of the authentication is out of place or malformed.
    80090327 SEC_E_CERT_UNKNOWN Something is wrong with the certificate of the other side.
    80090342 SEC_E_KDC_UNKNOWN_ETYPE The KDC and the account have no encryption type in common.
    80090346 SEC_E_BAD_BINDINGS The channel bindings do not match: the connection ends somewhere else than the authentication.
    8009035E SEC_E_DELEGATION_POLICY The policy for delegating credentials does not allow this server.
    8009035F SEC_E_POLICY_NLTM_ONLY The policy for delegating credentials wants better proof of the server than NTLM.
    800B0101 CERT_E_EXPIRED The certificate is not valid at this time.
    80338000 ERROR_WSMAN_RESOURCE_NOT_FOUND No resource matches this URI and these selectors.
    80338001 ERROR_WSMAN_INVALID_ACTIONURI The action URI of the message is malformed.
    80338002 ERROR_WSMAN_INVALID_URI The resource URI is missing or malformed. See: winrm help uris
    80338003 ERROR_WSMAN_PROVIDER_FAILURE A plug-in failed.
    80338004 ERROR_WSMAN_BATCH_COMPLETE The collector of an enumeration takes no further object.
    80338005 ERROR_WSMAN_CONFIG_CORRUPTED The stored configuration is damaged. Repair the file that the message names.
    80338006 ERROR_WSMAN_PULL_IN_PROGRESS An answer to an earlier Pull of this enumeration is still awaited.
    80338007 ERROR_WSMAN_ENUMERATION_CLOSED The enumeration is over, by its end or because it was given up. Begin a new one.
    80338008 ERROR_WSMAN_SUBSCRIPTION_CLOSED The subscription has been closed.
    80338009 ERROR_WSMAN_SUBSCRIPTION_CLOSE_IN_PROGRESS The subscription is just being closed.
    8033800A ERROR_WSMAN_SUBSCRIPTION_CLIENT_DID_NOT_CALL_WITHIN_HEARTBEAT The subscriber fetched no events in time and was dropped.
    8033800B ERROR_WSMAN_SUBSCRIPTION_NO_HEARTBEAT The source of events was silent for longer than its heartbeat allows; the subscription was dropped.
    8033800C ERROR_WSMAN_UNSUPPORTED_TIMEOUT The timeout is shorter than the shortest one that is supported.
    8033800D ERROR_WSMAN_SOAP_VERSION_MISMATCH The peer speaks another version of SOAP.
    8033800E ERROR_WSMAN_SOAP_DATA_ENCODING_UNKNOWN The encodingStyle of the SOAP message is not known.
    8033800F ERROR_WSMAN_INVALID_MESSAGE_INFORMATION_HEADER A header of the message is not valid.
    80338010 ERROR_WSMAN_SOAP_FAULT_MUST_UNDERSTAND A header that must be understood was not.
    80338011 ERROR_WSMAN_MESSAGE_INFORMATION_HEADER_REQUIRED A header that must be there is missing.
    80338012 ERROR_WSMAN_DESTINATION_UNREACHABLE The destination cannot be reached. Check that the service runs there and listens: winrm quickconfig
    80338013 ERROR_WSMAN_ACTION_NOT_SUPPORTED The resource does not support this action.
    80338014 ERROR_WSMAN_ENDPOINT_UNAVAILABLE The resource is away for the moment. Try again later.
    80338015 ERROR_WSMAN_INVALID_REPRESENTATION The content is not what the resource takes: another element, or another schema.
    80338016 ERROR_WSMAN_ENUMERATE_INVALID_EXPIRATION_TIME The expiry of the enumeration lies in the past, or is none.
    80338017 ERROR_WSMAN_ENUMERATE_UNSUPPORTED_EXPIRATION_TIME The source knows no expiry of enumerations.
    80338018 ERROR_WSMAN_ENUMERATE_FILTERING_NOT_SUPPORTED The resource knows no filters.
    80338019 ERROR_WSMAN_ENUMERATE_FILTER_DIALECT_REQUESTED_UNAVAILABLE The resource does not know this dialect of filters.
    8033801A ERROR_WSMAN_ENUMERATE_CANNOT_PROCESS_FILTER The filter is missing, or the resource cannot make sense of it.
    8033801B ERROR_WSMAN_ENUMERATE_INVALID_ENUMERATION_CONTEXT The enumeration is unknown, has expired, or has ended.
    8033801C ERROR_WSMAN_ENUMERATE_TIMED_OUT There was nothing to fetch within MaxTime. Fetching can go on.
    8033801D ERROR_WSMAN_ENUMERATE_UNABLE_TO_RENEW The enumeration cannot be renewed.
    8033801E ERROR_WSMAN_EVENTING_DELIVERY_MODE_REQUESTED_UNAVAILABLE This way to deliver events is not supported.
    8033801F ERROR_WSMAN_EVENTING_INVALID_EXPIRATION_TIME The expiry of the subscription is invalid.
    80338020 ERROR_WSMAN_EVENTING_UNSUPPORTED_EXPIRATION_TYPE The expiry of a subscription is given as a duration.
    80338021 ERROR_WSMAN_EVENTING_FILTERING_NOT_SUPPORTED The source of events knows no filters.
    80338022 ERROR_WSMAN_EVENTING_FILTERING_REQUESTED_UNAVAILABLE The source of events cannot use this filter.
    80338023 ERROR_WSMAN_EVENTING_SOURCE_UNABLE_TO_PROCESS The source of events cannot serve the subscription.
    80338024 ERROR_WSMAN_EVENTING_UNABLE_TO_RENEW The subscription cannot be renewed.
    80338025 ERROR_WSMAN_EVENTING_INVALID_MESSAGE A message about events holds what it should not.
    80338026 ERROR_WSMAN_ENVELOPE_TOO_LARGE The answer is larger than this client takes.
    80338027 ERROR_WSMAN_INVALID_SOAP_BODY The body of the message is missing or wrong.
    80338028 ERROR_WSMAN_INVALID_RESUMPTION_CONTEXT The place from which to resume is unknown or has expired.
    80338029 ERROR_WSMAN_OPERATION_TIMEDOUT The operation did not finish within its time.
    8033802A ERROR_WSMAN_RESUMPTION_NOT_SUPPORTED The source cannot resume subscriptions.
    8033802B ERROR_WSMAN_RESUMPTION_TYPE_NOT_SUPPORTED The source cannot resume in this way.
    8033802C ERROR_WSMAN_UNSUPPORTED_ENCODING Messages are in UTF-8 or UTF-16, and in no other encoding.
    8033802D ERROR_WSMAN_URI_LIMIT A URI is too long.
    8033802E ERROR_WSMAN_INVALID_PROPOSED_ID The proposed identifier of the subscription cannot be used.
    8033802F ERROR_WSMAN_INVALID_BATCH_PARAMETER A batch needs a limit: MaxItems, MaxCharacters or MaxTime.
    80338030 ERROR_WSMAN_NO_ACK The receiver has not acknowledged the events.
    80338031 ERROR_WSMAN_ACTION_MISMATCH The action does not belong to this resource.
    80338032 ERROR_WSMAN_CONCURRENCY The resource is busy with another operation.
    80338033 ERROR_WSMAN_ALREADY_EXISTS The resource exists already.
    80338034 ERROR_WSMAN_DELIVERY_REFUSED The receiver takes no more events. Cancel the subscription.
    80338035 ERROR_WSMAN_ENCODING_LIMIT The message is beyond a limit of its encoding.
    80338036 ERROR_WSMAN_FAILED_AUTHENTICATION The sender could not be authenticated.
    80338037 ERROR_WSMAN_INCOMPATIBLE_EPR The form of the endpoint reference is not supported.
    80338038 ERROR_WSMAN_INVALID_BOOKMARK The bookmark is damaged or has expired.
    80338039 ERROR_WSMAN_INVALID_OPTIONS Options are unknown, have wrong values, or contradict each other.
    8033803A ERROR_WSMAN_INVALID_PARAMETER A parameter of the operation is invalid.
    8033803B ERROR_WSMAN_INVALID_RESOURCE_URI The resource URI is missing or malformed. See: winrm help uris
    8033803C ERROR_WSMAN_INVALID_SYSTEM The URI of a system is needed.
    8033803D ERROR_WSMAN_INVALID_SELECTORS The selectors are not valid for this resource.
    8033803E ERROR_WSMAN_METADATA_REDIRECT The metadata is kept at another address.
    8033803F ERROR_WSMAN_QUOTA_LIMIT The service has too much to do. Try again later.
    80338040 ERROR_WSMAN_RENAME_FAILURE The resource could not be renamed.
    80338041 ERROR_WSMAN_SCHEMA_VALIDATION_ERROR The content does not follow the schema: a name, a type or a range is wrong.
    80338042 ERROR_WSMAN_UNSUPPORTED_FEATURE The feature is not supported.
    80338043 ERROR_WSMAN_INVALID_XML The XML is not well formed, or not valid.
    80338044 ERROR_WSMAN_INVALID_KEY The URI has a selector that does not belong there.
    80338045 ERROR_WSMAN_DELIVER_IN_PROGRESS Events are just being delivered.
    80338046 ERROR_WSMAN_SYSTEM_NOT_FOUND The system was not found.
    80338047 ERROR_WSMAN_MAX_ENVELOPE_SIZE The MaxEnvelopeSize asked for is too large.
    80338048 ERROR_WSMAN_MAX_ENVELOPE_SIZE_EXCEEDED The answer is larger than the asked-for MaxEnvelopeSize.
    80338049 ERROR_WSMAN_SERVER_ENVELOPE_LIMIT The answer is larger than the service may send.
    8033804A ERROR_WSMAN_SELECTOR_LIMIT There are too many selectors.
    8033804B ERROR_WSMAN_OPTION_LIMIT There are too many options.
    8033804C ERROR_WSMAN_CHARACTER_SET The character set is not supported; UTF-8 and UTF-16 are.
    8033804D ERROR_WSMAN_UNREPORTABLE_SUCCESS The operation was done and cannot be undone, but its result is too large to be sent.
    8033804E ERROR_WSMAN_WHITESPACE The service does not accept white space in the XML of requests.
    8033804F ERROR_WSMAN_FILTERING_REQUIRED The resource can only be enumerated with a filter, in a dialect that it knows.
    80338050 ERROR_WSMAN_BOOKMARK_EXPIRED The bookmark has expired.
    80338051 ERROR_WSMAN_OPTIONS_NOT_SUPPORTED The provider does not know an option that must be complied with.
    80338052 ERROR_WSMAN_OPTIONS_INVALID_NAME The name of an option is invalid.
    80338053 ERROR_WSMAN_OPTIONS_INVALID_VALUE The value of an option is invalid.
    80338054 ERROR_WSMAN_PARAMETER_TYPE_MISMATCH A parameter is of the wrong type.
    80338055 ERROR_WSMAN_INVALID_PARAMETER_NAME The name of a parameter is invalid.
    80338056 ERROR_WSMAN_INVALID_XML_VALUES The content has values that are not valid.
    80338057 ERROR_WSMAN_INVALID_XML_MISSING_VALUES The content lacks values.
    80338058 ERROR_WSMAN_INVALID_XML_NAMESPACE The content is in the wrong XML namespace.
    80338059 ERROR_WSMAN_INVALID_XML_FRAGMENT The fragment in the URI is invalid.
    8033805A ERROR_WSMAN_INSUFFCIENT_SELECTORS Not all selectors are there that the resource needs.
    8033805B ERROR_WSMAN_UNEXPECTED_SELECTORS There are selectors that the resource does not know; or the shell or command is gone.
    8033805C ERROR_WSMAN_SELECTOR_TYPEMISMATCH The value of a selector is of the wrong type.
    8033805D ERROR_WSMAN_INVALID_SELECTOR_VALUE The value of a selector is invalid.
    8033805E ERROR_WSMAN_AMBIGUOUS_SELECTORS The selectors fit several instances.
    8033805F ERROR_WSMAN_DUPLICATE_SELECTORS A selector stands twice.
    80338060 ERROR_WSMAN_INVALID_TARGET_SELECTORS The selectors of the target are invalid.
    80338061 ERROR_WSMAN_INVALID_TARGET_RESOURCEURI The resource URI of the target is invalid.
    80338062 ERROR_WSMAN_INVALID_TARGET_SYSTEM The system of the target is invalid.
    80338063 ERROR_WSMAN_TARGET_ALREADY_EXISTS What was to be created exists already.
    80338064 ERROR_WSMAN_AUTHORIZATION_MODE_NOT_SUPPORTED The mode of authorization is not supported.
    80338065 ERROR_WSMAN_ACK_NOT_SUPPORTED Acknowledging events is not supported.
    80338066 ERROR_WSMAN_OPERATION_TIMEOUT_NOT_SUPPORTED The resource knows no timeout of operations.
    80338067 ERROR_WSMAN_LOCALE_NOT_SUPPORTED The locale is not supported.
    80338068 ERROR_WSMAN_EXPIRATION_TIME_NOT_SUPPORTED Expiry is not supported.
    80338069 ERROR_WSMAN_DELIVERY_RETRIES_NOT_SUPPORTED Repeated attempts at delivery are not supported.
    8033806A ERROR_WSMAN_HEARTBEATS_NOT_SUPPORTED Heartbeats are not supported.
    8033806B ERROR_WSMAN_BOOKMARKS_NOT_SUPPORTED Bookmarks are not supported.
    8033806C ERROR_WSMAN_MAXITEMS_NOT_SUPPORTED MaxItems is not supported.
    8033806D ERROR_WSMAN_MAXTIME_NOT_SUPPORTED MaxTime is not supported.
    8033806E ERROR_WSMAN_MAXENVELOPE_SIZE_NOT_SUPPORTED This MaxEnvelopeSize is not supported.
    8033806F ERROR_WSMAN_MAXENVELOPE_POLICY_NOT_SUPPORTED This policy for envelopes that are too large is not supported.
    80338070 ERROR_WSMAN_FILTERING_REQUIRED_NOT_SUPPORTED An enumeration without a filter is not supported.
    80338071 ERROR_WSMAN_INSECURE_ADDRESS_NOT_SUPPORTED Addresses that are not secure are not supported.
    80338072 ERROR_WSMAN_FORMAT_MISMATCH_NOT_SUPPORTED The format does not fit, and that is not supported.
    80338073 ERROR_WSMAN_FORMAT_SECURITY_TOKEN_NOT_SUPPORTED The format of the security token is not supported.
    80338074 ERROR_WSMAN_BAD_METHOD The peer does not support the method.
    80338075 ERROR_WSMAN_UNSUPPORTED_MEDIA The media type is not supported.
    80338076 ERROR_WSMAN_UNSUPPORTED_ADDRESSING_MODE The addressing mode is not supported.
    80338077 ERROR_WSMAN_FRAGMENT_TRANSFER_NOT_SUPPORTED Reading or writing a part of a resource is not supported.
    80338078 ERROR_WSMAN_ENUMERATION_INITIALIZING The enumeration was not ready yet when its first Pull came.
    80338079 ERROR_WSMAN_CONNECTOR_GET Nothing is there that could handle the request.
    8033807A ERROR_WSMAN_URI_QUERY_STRING_SYNTAX_ERROR What stands behind the ? of the URI is malformed.
    8033807B ERROR_WSMAN_INEXISTENT_MAC_ADDRESS No adapter that is switched on and uses DHCP has this MAC address.
    8033807C ERROR_WSMAN_NO_UNICAST_ADDRESSES The adapter with this MAC address has no unicast address.
    8033807D ERROR_WSMAN_NO_DHCP_ADDRESSES The adapter with this MAC address has no dynamic address.
    8033807E ERROR_WSMAN_MIN_ENVELOPE_SIZE The MaxEnvelopeSize asked for is too small.
    8033807F ERROR_WSMAN_EPR_NESTING_EXCEEDED Endpoint references are nested too deeply.
    80338080 ERROR_WSMAN_REQUEST_INIT_ERROR The request could not be prepared.
    80338081 ERROR_WSMAN_INVALID_TIMEOUT_HEADER The header OperationTimeout is invalid.
    80338082 ERROR_WSMAN_CERT_NOT_FOUND The certificate was not found. See: winrm certificate list
    80338083 ERROR_WSMAN_PLUGIN_FAILED The source of the data gave no result.
    80338084 ERROR_WSMAN_ENUMERATION_INVALID The enumeration is of no more use since a Pull of it failed.
    80338085 ERROR_WSMAN_CONFIG_CANNOT_CHANGE_MUTUAL A setting that two sides share cannot be changed here.
    80338086 ERROR_WSMAN_ENUMERATION_MODE_UNSUPPORTED This EnumerationMode is not supported.
    80338087 ERROR_WSMAN_MUSTUNDERSTAND_ON_LOCALE_UNSUPPORTED The locale was demanded, and it can only be a wish.
    80338088 ERROR_WSMAN_POLICY_CORRUPTED The policy is damaged. Repair the file that the message names; until then nothing is allowed.
    80338089 ERROR_WSMAN_LISTENER_ADDRESS_INVALID The address of a listener is *, IP: and an address, or MAC: and an adapter's.
    8033808A ERROR_WSMAN_CONFIG_CANNOT_CHANGE_GPO_CONTROLLED_SETTING The setting is controlled by policy and cannot be changed here.
    8033808B ERROR_WSMAN_EVENTING_CONCURRENT_CLIENT_RECEIVE Somebody else is receiving events of this subscription.
    8033808C ERROR_WSMAN_EVENTING_FAST_SENDER The source sends events faster than the subscriber takes them.
    8033808D ERROR_WSMAN_EVENTING_INSECURE_PUSHSUBSCRIPTION_CONNECTION The connection for events is less secure than the client demands.
    8033808E ERROR_WSMAN_EVENTING_INVALID_EVENTSOURCE The events come from another machine than the one subscribed to.
    8033808F ERROR_WSMAN_EVENTING_NOMATCHING_LISTENER There is no listener to which the events could be sent.
    80338090 ERROR_WSMAN_FRAGMENT_DIALECT_REQUESTED_UNAVAILABLE The resource does not know this dialect of fragments.
    80338091 ERROR_WSMAN_MISSING_FRAGMENT_PATH A dialect for fragments goes with a path: -fragment is missing.
    80338092 ERROR_WSMAN_INVALID_FRAGMENT_DIALECT The dialect of the fragment is invalid.
    80338093 ERROR_WSMAN_INVALID_FRAGMENT_PATH The path of the fragment is invalid. Its case counts, too.
    80338094 ERROR_WSMAN_EVENTING_INCOMPATIBLE_BATCHPARAMS_AND_DELIVERYMODE The limits of batches and the way of delivery contradict each other.
    80338095 ERROR_WSMAN_EVENTING_LOOPBACK_TESTFAILED The source of events could not reach the receiver in a test.
    80338096 ERROR_WSMAN_EVENTING_INVALID_ENDTO_ADDRESSS EndTo is invalid, or another address than NotifyTo.
    80338097 ERROR_WSMAN_EVENTING_INVALID_INCOMING_EVENT_PACKET_HEADER A header of a packet of events makes no sense.
    80338098 ERROR_WSMAN_SESSION_ALREADY_CLOSED The session has been closed.
    80338099 ERROR_WSMAN_SUBSCRIPTION_LISTENER_NOLONGERVALID The listener behind the subscription is gone or has changed.
    8033809A ERROR_WSMAN_PROVIDER_LOAD_FAILED A plug-in could not be loaded.
    8033809B ERROR_WSMAN_EVENTING_SUBSCRIPTIONCLOSED_BYREMOTESERVICE The other service closes the subscription, because it is shutting down.
    8033809C ERROR_WSMAN_EVENTING_DELIVERYFAILED_FROMSOURCE The source could not deliver its events.
    8033809D ERROR_WSMAN_SECURITY_UNMAPPED Something about security went wrong that has no number of its own.
    8033809E ERROR_WSMAN_EVENTING_SUBSCRIPTION_CANCELLED_BYSOURCE The source has cancelled the subscription.
    8033809F ERROR_WSMAN_INVALID_HOSTNAME_PATTERN TrustedHosts holds an invalid name or pattern. Items are separated by commas: names, addresses, *.domain, 10.0.*, <local>.
    803380A0 ERROR_WSMAN_EVENTING_MISSING_NOTIFYTO The subscription lacks NotifyTo.
    803380A1 ERROR_WSMAN_EVENTING_MISSING_NOTIFYTO_ADDRESSS NotifyTo lacks an address.
    803380A2 ERROR_WSMAN_EVENTING_INVALID_NOTIFYTO_ADDRESSS The address of NotifyTo is invalid.
    803380A3 ERROR_WSMAN_EVENTING_INVALID_LOCALE_IN_DELIVERY The locale of the delivery is invalid.
    803380A4 ERROR_WSMAN_EVENTING_INVALID_HEARTBEAT The heartbeat is invalid.
    803380A5 ERROR_WSMAN_MACHINE_OPTION_REQUIRED This can only be asked of a remote computer: -remote is missing.
    803380A6 ERROR_WSMAN_UNSUPPORTED_FEATURE_OPTIONS The resource takes no options.
    803380A7 ERROR_WSMAN_BATCHSIZE_TOO_SMALL The batch is smaller than allowed.
    803380A8 ERROR_WSMAN_EVENTING_DELIVERY_MODE_REQUESTED_INVALID The way of delivery is missing or invalid.
    803380A9 ERROR_WSMAN_PROVSYS_NOT_SUPPORTED The provider lacks the method.
    803380AA ERROR_WSMAN_PUSH_SUBSCRIPTION_CONFIG_INVALID No listener, or no opening in the firewall, fits the subscription.
    803380AB ERROR_WSMAN_CREDS_PASSED_WITH_NO_AUTH_FLAG Credentials were given together with no authentication.
    803380AC ERROR_WSMAN_CLIENT_INVALID_FLAG A flag of the session or the request is invalid.
    803380AD ERROR_WSMAN_CLIENT_MULTIPLE_AUTH_FLAGS More than one method of authentication was asked for.
    803380AE ERROR_WSMAN_CLIENT_SPN_WRONG_AUTH The port in the name of the service goes with Negotiate and Kerberos only.
    803380AF ERROR_WSMAN_CLIENT_CERT_UNNEEDED_CREDS With a smart card or the default certificate no user name is given.
    803380B0 ERROR_WSMAN_CLIENT_USERNAME_PASSWORD_NEEDED This authentication needs a user name and a password.
    803380B1 ERROR_WSMAN_CLIENT_CERT_UNNEEDED_USERNAME With certificate authentication no user name and password are given.
    803380B2 ERROR_WSMAN_CLIENT_CREDENTIALS_NEEDED The session is to use a user name and password, and has none.
    803380B3 ERROR_WSMAN_CLIENT_CREDENTIALS_FLAG_NEEDED A user name and password were given, and the session is not to use them.
    803380B4 ERROR_WSMAN_CLIENT_CERT_NEEDED Certificate authentication needs the thumbprint of a certificate: -certificate
    803380B5 ERROR_WSMAN_CLIENT_CERT_UNKNOWN_TYPE The kind of the certificate is missing.
    803380B6 ERROR_WSMAN_CLIENT_CERT_UNKNOWN_LOCATION The store of the certificate is missing.
    803380B7 ERROR_WSMAN_CLIENT_INVALID_CERT What describes the certificate is incomplete.
    803380B8 ERROR_WSMAN_CLIENT_LOCAL_INVALID_CREDS This machine is asked without a user name or certificate.
    803380B9 ERROR_WSMAN_CLIENT_LOCAL_INVALID_CONNECTION_OPTIONS This machine is asked without options of a connection.
    803380BA ERROR_WSMAN_CLIENT_CREATESESSION_NULL_PARAM
    803380BB ERROR_WSMAN_CLIENT_ENUMERATE_NULL_PARAM
    803380BC ERROR_WSMAN_CLIENT_SUBSCRIBE_NULL_PARAM
    803380BD ERROR_WSMAN_CLIENT_NULL_RESULT_PARAM There is no place for the result.
    803380BE ERROR_WSMAN_CLIENT_NO_HANDLE There is no session or enumeration.
    803380BF ERROR_WSMAN_CLIENT_BLANK_URI The resource URI is empty.
    803380C0 ERROR_WSMAN_CLIENT_INVALID_RESOURCE_LOCATOR The resource locator is invalid.
    803380C1 ERROR_WSMAN_CLIENT_BLANK_INPUT_XML The input is empty.
    803380C2 ERROR_WSMAN_CLIENT_BATCH_ITEMS_TOO_SMALL A batch must hold more elements.
    803380C3 ERROR_WSMAN_CLIENT_MAX_CHARS_TOO_SMALL A batch must hold more characters.
    803380C4 ERROR_WSMAN_CLIENT_BLANK_ACTION_URI The action URI is empty.
    803380C5 ERROR_WSMAN_CLIENT_ZERO_HEARTBEAT The heartbeat must be more than zero.
    803380C6 ERROR_WSMAN_CLIENT_MULTIPLE_DELIVERY_MODES There must be one way of delivery, and only one.
    803380C7 ERROR_WSMAN_CLIENT_MULTIPLE_ENVELOPE_POLICIES There is more than one policy for envelopes that are too large.
    803380C8 ERROR_WSMAN_CLIENT_UNKNOWN_EXPIRATION_TYPE The expiry must say whether it is a time or a duration.
    803380C9 ERROR_WSMAN_CLIENT_MISSING_EXPIRATION The expiry is missing.
    803380CA ERROR_WSMAN_CLIENT_PULL_INVALID_FLAGS A subscription that is fetched has flags of one that is delivered.
    803380CB ERROR_WSMAN_CLIENT_PUSH_UNSUPPORTED_TRANSPORT Events can be delivered over HTTP and HTTPS only.
    803380CC ERROR_WSMAN_CLIENT_PUSH_HOST_TOO_LONG The address for the delivery of events is too long.
    803380CD ERROR_WSMAN_CLIENT_COMPRESSION_INVALID_OPTION The option for compression is unknown.
    803380CE ERROR_WSMAN_CLIENT_DELIVERENDSUBSCRIPTION_NULL_PARAM
    803380CF ERROR_WSMAN_CLIENT_DELIVEREVENTS_NULL_PARAM
    803380D0 ERROR_WSMAN_CLIENT_GETBOOKMARK_NULL_PARAM
    803380D1 ERROR_WSMAN_CLIENT_DECODEOBJECT_NULL_PARAM
    803380D2 ERROR_WSMAN_CLIENT_ENCODEOBJECT_NULL_PARAM
    803380D3 ERROR_WSMAN_CLIENT_ENUMERATORADDOBJECT_NULL_PARAM
    803380D4 ERROR_WSMAN_CLIENT_ENUMERATORNEXTOBJECT_NULL_PARAM
    803380D5 ERROR_WSMAN_CLIENT_CONSTRUCTERROR_NULL_PARAM
    803380D6 ERROR_WSMAN_SERVER_NONPULLSUBSCRIBE_NULL_PARAM Within one machine events cannot be delivered, only fetched.
    803380D7 ERROR_WSMAN_CLIENT_UNENCRYPTED_HTTP_ONLY -unencrypted is for HTTP only: over HTTPS everything is encrypted.
    803380D8 ERROR_WSMAN_CANNOT_USE_CERTIFICATES_FOR_HTTP What is said about certificates is for HTTPS only.
    803380D9 ERROR_WSMAN_CONNECTIONSTR_INVALID The address of the remote computer must have the form [TRANSPORT://]HOST[:PORT][/PREFIX].
    803380DA ERROR_WSMAN_TRANSPORT_NOT_SUPPORTED The transport of the address must be http or https.
    803380DB ERROR_WSMAN_PORT_INVALID The port of the address must be a number from 1 to 65535.
    803380DC ERROR_WSMAN_CONFIG_PORT_INVALID A port in the settings must be a number from 1 to 65535.
    803380DD ERROR_WSMAN_SENDHEARBEAT_EMPTY_ENUMERATOR With a heartbeat no events are sent.
    803380DE ERROR_WSMAN_CLIENT_UNENCRYPTED_DISABLED Unencrypted messages are not allowed by this client's configuration.
    803380DF ERROR_WSMAN_CLIENT_BASIC_AUTHENTICATION_DISABLED Basic authentication is disabled in this client's configuration.
    803380E0 ERROR_WSMAN_CLIENT_DIGEST_AUTHENTICATION_DISABLED Digest authentication is disabled in this client's configuration.
    803380E1 ERROR_WSMAN_CLIENT_NEGOTIATE_AUTHENTICATION_DISABLED Negotiate authentication is disabled in this client's configuration.
    803380E2 ERROR_WSMAN_CLIENT_KERBEROS_AUTHENTICATION_DISABLED Kerberos authentication is disabled in this client's configuration.
    803380E3 ERROR_WSMAN_CLIENT_CERTIFICATES_AUTHENTICATION_DISABLED Certificate authentication is disabled in this client's configuration.
    803380E4 ERROR_WSMAN_SERVER_NOT_TRUSTED
    803380E5 ERROR_WSMAN_EXPLICIT_CREDENTIALS_REQUIRED Over HTTP, credentials must be given explicitly for a server that is not in TrustedHosts.
    803380E6 ERROR_WSMAN_CERT_THUMBPRINT_NOT_BLANK The port's certificate belongs to another service; then the thumbprint stays empty.
    803380E7 ERROR_WSMAN_CERT_THUMBPRINT_BLANK An HTTPS listener needs the thumbprint of a certificate.
    803380E8 ERROR_WSMAN_CONFIG_CANNOT_SHARE_SSL_CONFIG Another service has set up TLS for this address and port.
    803380E9 ERROR_WSMAN_CONFIG_CERT_CN_DOES_NOT_MATCH_HOSTNAME The name in the certificate is not the Hostname of the listener.
    803380EA ERROR_WSMAN_CONFIG_HOSTNAME_CHANGE_WITHOUT_CERT The Hostname cannot change without a certificate. (No longer used.)
    803380EB ERROR_WSMAN_CONFIG_THUMBPRINT_SHOULD_BE_EMPTY A listener for HTTP has no CertificateThumbprint.
    803380EC ERROR_WSMAN_INVALID_IPFILTER An IP filter is empty, *, or ranges IP1-IP2 separated by commas.
    803380ED ERROR_WSMAN_CANNOT_CHANGE_KEYS Selectors cannot be changed.
    803380EE ERROR_WSMAN_CERT_INVALID_USAGE The certificate is not for Server Authentication.
    803380EF ERROR_WSMAN_RESPONSE_NO_RESULTS The answer holds no results.
    803380F0 ERROR_WSMAN_CREATE_RESPONSE_NO_EPR The answer does not say where the new resource is.
    803380F1 ERROR_WSMAN_RESPONSE_INVALID_ENUMERATION_CONTEXT The answer names no usable enumeration.
    803380F2 ERROR_WSMAN_RESPONSE_NO_XML_FRAGMENT_WRAPPER The part of the resource is not wrapped as it should be.
    803380F3 ERROR_WSMAN_RESPONSE_INVALID_MESSAGE_INFORMATION_HEADER The headers of the answer are invalid.
    803380F4 ERROR_WSMAN_RESPONSE_NO_SOAP_HEADER_BODY The answer is no SOAP message: header or body is missing.
    803380F5 ERROR_WSMAN_HTTP_NO_RESPONSE_DATA The answer of the HTTP server is empty.
    803380F6 ERROR_WSMAN_RESPONSE_INVALID_SOAP_FAULT The fault in the answer is malformed.
    803380F7 ERROR_WSMAN_HTTP_INVALID_CONTENT_TYPE_IN_RESPONSE_DATA The content type of the answer is missing or unknown.
    803380F8 ERROR_WSMAN_HTTP_CONTENT_TYPE_MISSMATCH_RESPONSE_DATA The answer has another content type than the request.
    803380F9 ERROR_WSMAN_CANNOT_DECRYPT The encrypted message is malformed and cannot be decrypted.
    803380FA ERROR_WSMAN_INVALID_URI_WMI_SINGLETON The class has many instances: selectors must say which one.
    803380FB ERROR_WSMAN_INVALID_URI_WMI_ENUM_WQL With a WQL filter the resource URI ends in * and has no selectors.
    803380FC ERROR_WSMAN_NO_IDENTIFY_FOR_LOCAL_SESSION Identify works only against a remote computer: give its address with -remote.
    803380FD ERROR_WSMAN_NO_PUSH_SUBSCRIPTION_FOR_LOCAL_SESSION Only another computer can deliver events.
    803380FE ERROR_WSMAN_INVALID_SUBSCRIPTION_MANAGER The address of the subscription manager does not fit.
    803380FF ERROR_WSMAN_NON_PULL_SUBSCRIPTION_NOT_SUPPORTED The plug-in's events can only be fetched.
    80338100 ERROR_WSMAN_WMI_MAX_NESTED An object of WMI is nested too deeply.
    80338101 ERROR_WSMAN_REMOTE_CIMPATH_NOT_SUPPORTED A reference leads to another machine.
    80338102 ERROR_WSMAN_WMI_PROVIDER_NOT_CAPABLE The WMI provider cannot do this.
    80338103 ERROR_WSMAN_WMI_INVALID_VALUE A value for WMI is invalid.
    80338104 ERROR_WSMAN_WMI_SVC_ACCESS_DENIED WMI refused access.
    80338105 ERROR_WSMAN_WMI_PROVIDER_ACCESS_DENIED The WMI provider refused access.
    80338106 ERROR_WSMAN_WMI_CANNOT_CONNECT_ACCESS_DENIED WMI refused the connection.
    80338107 ERROR_WSMAN_INVALID_FILTER_XML The XML of the filter is invalid.
    80338108 ERROR_WSMAN_ENUMERATE_WMI_INVALID_KEY An enumeration of WMI objects has no selectors.
    80338109 ERROR_WSMAN_INVALID_FRAGMENT_PATH_BLANK The path of the fragment is empty.
    8033810A ERROR_WSMAN_INVALID_CHARACTERS_IN_RESPONSE The answer holds characters that do not belong there.
    8033810B ERROR_WSMAN_KERBEROS_IPADDRESS Kerberos cannot be used with an IP address.
    8033810C ERROR_WSMAN_CLIENT_WORKGROUP_NO_KERBEROS Without a user name Kerberos needs a client that has joined a domain, or has tickets.
    8033810D ERROR_WSMAN_INVALID_BATCH_SETTINGS_PARAMETER The settings of the batch are invalid.
    8033810E ERROR_WSMAN_SERVER_DESTINATION_LOCALHOST Kerberos cannot name this machine as localhost, 127.0.0.1 or [::1].
    8033810F ERROR_WSMAN_UNKNOWN_HTTP_STATUS_RETURNED The HTTP server answered with a status that is not expected.
    80338110 ERROR_WSMAN_UNSUPPORTED_HTTP_STATUS_REDIRECT The HTTP server points to another address, and that is not followed.
    80338111 ERROR_WSMAN_HTTP_REQUEST_TOO_LARGE_STATUS The service refused the request because it is too large (HTTP 413).
    80338112 ERROR_WSMAN_HTTP_SERVICE_UNAVAILABLE_STATUS The service is not available (HTTP 503).
    80338113 ERROR_WSMAN_HTTP_NOT_FOUND_STATUS Nothing speaks WS-Management at this URL (HTTP 404).
    80338114 ERROR_WSMAN_EVENTING_MISSING_LOCALE_IN_DELIVERY The locale of the delivery lacks its language.
    80338115 ERROR_WSMAN_QUICK_CONFIG_FAILED_CERT_REQUIRED There is no certificate for an HTTPS listener: for this host, for servers, valid, and not self-signed.
    80338116 ERROR_WSMAN_QUICK_CONFIG_FIREWALL_EXCEPTIONS_DISALLOWED The firewall allows no exceptions.
    80338117 ERROR_WSMAN_QUICK_CONFIG_LOCAL_POLICY_CHANGE_DISALLOWED Policy forbids to change the firewall here.
    80338118 ERROR_WSMAN_INVALID_SELECTOR_NAME The name of a selector is invalid.
    80338119 ERROR_WSMAN_ENCODING_TYPE The type of encoding is not supported.
    8033811A ERROR_WSMAN_ENDPOINT_UNAVAILABLE_INVALID_VALUE Nothing fits the values of the selectors, or the resource is away.
    8033811B ERROR_WSMAN_INVALID_HEADER A header of the request is invalid.
    8033811C ERROR_WSMAN_ENUMERATE_UNSUPPORTED_EXPIRATION_TYPE The expiry of an enumeration is given as a duration.
    8033811D ERROR_WSMAN_MAX_ELEMENTS_NOT_SUPPORTED MaxElements is not supported.
    8033811E ERROR_WSMAN_WMI_PROVIDER_INVALID_PARAMETER A parameter for the WMI provider is invalid.
    8033811F ERROR_WSMAN_CLIENT_MULTIPLE_ENUM_MODE_FLAGS There must be one mode of enumeration, and only one.
    80338120 ERROR_WINRS_CLIENT_INVALID_FLAG A flag is invalid in a call of the client library for shells.
    80338121 ERROR_WINRS_CLIENT_NULL_PARAM A parameter is missing in a call of the client library for shells.
    80338122 ERROR_WSMAN_CANNOT_PROCESS_FILTER The filter is missing, invalid, or uses what is not supported.
    80338123 ERROR_WSMAN_CLIENT_ENUMERATORADDEVENT_NULL_PARAM
    80338124 ERROR_WSMAN_ADDOBJECT_MISSING_OBJECT The object to be enumerated is missing.
    80338125 ERROR_WSMAN_ADDOBJECT_MISSING_EPR The reference to the enumerated object is missing.
    80338126 ERROR_WSMAN_NETWORK_TIMEDOUT The network did not answer in time. Check the name, the port and the firewalls in between.
    80338127 ERROR_WINRS_RECEIVE_IN_PROGRESS Output is being received already. (No longer used.)
    80338128 ERROR_WINRS_RECEIVE_NO_RESPONSE_DATA The answer to Receive is empty.
    80338129 ERROR_WINRS_CLIENT_CREATESHELL_NULL_PARAM
    8033812A ERROR_WINRS_CLIENT_CLOSESHELL_NULL_PARAM
    8033812B ERROR_WINRS_CLIENT_FREECREATESHELLRESULT_NULL_PARAM
    8033812C ERROR_WINRS_CLIENT_RUNCOMMAND_NULL_PARAM
    8033812D ERROR_WINRS_CLIENT_FREERUNCOMMANDRESULT_NULL_PARAM
    8033812E ERROR_WINRS_CLIENT_SIGNAL_NULL_PARAM
    8033812F ERROR_WINRS_CLIENT_RECEIVE_NULL_PARAM
    80338130 ERROR_WINRS_CLIENT_FREEPULLRESULT_NULL_PARAM
    80338131 ERROR_WINRS_CLIENT_PULL_NULL_PARAM
    80338132 ERROR_WINRS_CLIENT_CLOSERECEIVEHANDLE_NULL_PARAM
    80338133 ERROR_WINRS_CLIENT_SEND_NULL_PARAM
    80338134 ERROR_WINRS_CLIENT_PUSH_NULL_PARAM
    80338135 ERROR_WINRS_CLIENT_CLOSESENDHANDLE_NULL_PARAM
    80338136 ERROR_WINRS_CLIENT_GET_NULL_PARAM
    80338137 ERROR_WSMAN_POLYMORPHISM_MODE_UNSUPPORTED This way to treat subclasses is not supported.
    80338138 ERROR_WSMAN_REQUEST_NOT_SUPPORTED_AT_SERVICE The resource can only be used on the machine itself.
    80338139 ERROR_WSMAN_URI_NON_DMTF_CLASS The URI is for classes of the DMTF, and the class is none.
    8033813A ERROR_WSMAN_URI_WRONG_DMTF_VERSION The class has another major version than the URI.
    8033813B ERROR_WSMAN_DIFFERENT_CIM_SELECTOR The URI and the selector __cimnamespace name different namespaces.
    8033813C ERROR_WSMAN_PUSHSUBSCRIPTION_INVALIDUSERACCOUNT Only the network service may subscribe for delivery.
    8033813D ERROR_WSMAN_EVENTING_NONDOMAINJOINED_PUBLISHER The source of the events has joined no domain, which delivery needs.
    8033813E ERROR_WSMAN_EVENTING_NONDOMAINJOINED_COLLECTOR The collector of the events has joined no domain, which delivery needs.
    8033813F ERROR_WSMAN_CONFIG_READONLY_PROPERTY The setting can only be read.
    80338140 ERROR_WINRS_CODE_PAGE_NOT_SUPPORTED The server cannot use the code page that was asked for.
    80338141 ERROR_WSMAN_CLIENT_DISABLE_LOOPBACK_WITH_EXPLICIT_CREDENTIALS Loopback cannot be disabled with explicit credentials. (No longer used.)
    80338142 ERROR_WSMAN_CLIENT_INVALID_DISABLE_LOOPBACK The flag for loopback is invalid. (No longer used.)
    80338143 ERROR_WSMAN_CLIENT_ENUM_RECEIVED_TOO_MANY_ITEMS The server sent more items than were asked for.
    80338144 ERROR_WSMAN_MULTIPLE_CREDENTIALS A certificate and a user name were both given: one of them is enough.
    80338145 ERROR_WSMAN_AUTHENTICATION_INVALID_FLAG The flag for the authentication is invalid.
    80338146 ERROR_WSMAN_CLIENT_CREDENTIALS_FOR_DEFAULT_AUTHENTICATION Default authentication takes a user name and password, and nothing else.
    80338147 ERROR_WSMAN_CLIENT_USERNAME_AND_PASSWORD_NEEDED A user name and a password belong together.
    80338148 ERROR_WSMAN_CLIENT_INVALID_CERT_DNS_OR_UPN The client certificate must name either a machine (DNS) or a user (UPN).
    80338149 ERROR_WSMAN_CREATESHELL_NULL_ENVIRONMENT_VARIABLE_NAME An environment variable has no name.
    8033814A ERROR_WSMAN_SHELL_ALREADY_CLOSED The shell is being closed.
    8033814B ERROR_WSMAN_CREATESHELL_NULL_STREAMID A stream has no name.
    8033814C ERROR_WSMAN_SHELL_INVALID_SHELL_HANDLE There is no such shell.
    8033814D ERROR_WSMAN_SHELL_INVALID_COMMAND_HANDLE There is no such command.
    8033814E ERROR_WSMAN_RUNSHELLCOMMAND_NULL_ARGUMENT An argument of the command is missing.
    8033814F ERROR_WSMAN_COMMAND_ALREADY_CLOSED The command is being closed.
    80338150 ERROR_WSMAN_SENDSHELLINPUT_INVALID_STREAMID_INDEX There is no stream with this index.
    80338151 ERROR_WSMAN_SHELL_SYNCHRONOUS_NOT_SUPPORTED Shells do not work in this way. (No longer used.)
    80338152 ERROR_WSMAN_NO_CERTMAPPING_OPERATION_FOR_LOCAL_SESSION Certificate mappings are changed through the service: use -remote.
    80338153 ERROR_WSMAN_CERTMAPPING_CONFIGLIMIT_EXCEEDED No more certificate mappings can be stored.
    80338154 ERROR_WSMAN_CERTMAPPING_INVALIDUSERCREDENTIALS The account of the certificate mapping could not be verified: it is a local one, with its password.
    80338155 ERROR_WSMAN_CERT_INVALID_USAGE_CLIENT The certificate is not for Client Authentication.
    80338156 ERROR_WSMAN_CERT_MISSING_AUTH_FLAG A certificate was given, and certificate authentication was not asked for.
    80338157 ERROR_WSMAN_CERT_MULTIPLE_CREDENTIALS_FLAG Certificate authentication was asked for together with a user name.
    80338158 ERROR_WSMAN_CONFIG_SHELL_URI_INVALID The URI of the custom shell is invalid.
    80338159 ERROR_WSMAN_CONFIG_SHELL_URI_CMDSHELLURI_NOTPERMITTED The URI of the command shell cannot be that of a custom one.
    8033815A ERROR_WSMAN_CONFIG_SHELLURI_INVALID_PROCESSPATH The program of the custom shell cannot be used.
    8033815B ERROR_WINRS_SHELL_URI_INVALID The URI of the shell is invalid. (No longer used.)
    8033815C ERROR_WSMAN_INVALID_SECURITY_DESCRIPTOR The security descriptor is invalid. See: winrm help configsddl
    8033815D ERROR_WSMAN_POLICY_TOO_COMPLEX The WS-Policy is too complex.
    8033815E ERROR_WSMAN_POLICY_CANNOT_COMPLY The WS-Policy cannot be complied with.
    8033815F ERROR_WSMAN_INVALID_CONNECTIONRETRY The header ConnectionRetry is invalid.
    80338160 ERROR_WSMAN_URISECURITY_INVALIDURIKEY URI of a certificate mapping is not empty, without blanks and ?, with * at most at its end, and at most 1023 characters long.
    80338161 ERROR_WSMAN_CERTMAPPING_INVALIDSUBJECTKEY Subject of a certificate mapping is not empty, with * at most at its start, and at most 1023 characters long.
    80338162 ERROR_WSMAN_CERTMAPPING_INVALIDISSUERKEY Issuer of a certificate mapping is the thumbprint of a trusted authority that can sign.
    80338163 ERROR_WSMAN_INVALID_PUBLISHERS_TYPE The kind of publisher is invalid.
    80338164 ERROR_WSMAN_CLIENT_INVALID_DELIVERY_RETRY Repeated delivery needs an interval and a number, both above zero.
    80338165 ERROR_WSMAN_CLIENT_NULL_PUBLISHERS The publishers are missing.
    80338166 ERROR_WSMAN_CLIENT_NULL_ISSUERS Filters by subject need issuers.
    80338167 ERROR_WSMAN_CLIENT_NO_SOURCES The subscription names no sources.
    80338168 ERROR_WSMAN_INVALID_SUBSCRIBE_OBJECT What the subscription manager answered is invalid.
    80338169 ERROR_WSMAN_PUBLIC_FIREWALL_PROFILE_ACTIVE A network here is a public one, for which the firewall would not be opened.
    8033816A ERROR_WSMAN_CERTMAPPING_PASSWORDTOOLONG The password of a certificate mapping has at most 255 characters.
    8033816B ERROR_WSMAN_CERTMAPPING_PASSWORDBLANK The password of a certificate mapping is empty.
    8033816C ERROR_WSMAN_CERTMAPPING_PASSWORDUSERTUPLE UserName and Password of a certificate mapping change together.
    8033816D ERROR_WSMAN_INVALID_PROVIDER_RESPONSE A provider failed and did not say why.
    8033816E ERROR_WSMAN_SHELL_NOT_INITIALIZED The service for shells is not ready, or shutting down.
    8033816F ERROR_WSMAN_CONFIG_SHELLURI_INVALID_OPERATION_ON_KEY What selects a custom shell cannot be changed.
    80338170 ERROR_WSMAN_HTTP_STATUS_SERVER_ERROR The service failed and did not say why (HTTP 500).
    80338171 ERROR_WSMAN_HTTP_STATUS_BAD_REQUEST The service could not understand the request (HTTP 400).
    80338172 ERROR_WSMAN_CONFIG_CANNOT_CHANGE_CERTMAPPING_KEYS What selects a certificate mapping cannot be changed.
    80338173 ERROR_WSMAN_HTML_ERROR The answer is an HTML page, not one of WS-Management.
    80338174 ERROR_WSMAN_CLIENT_INITIALIZE_NULL_PARAM
    80338175 ERROR_WSMAN_CLIENT_INVALID_INIT_APPLICATION_FLAG The flag of WSManInitialize is invalid.
    80338176 ERROR_WSMAN_CLIENT_INVALID_DEINIT_APPLICATION_FLAG The flag of WSManDeinitialize is invalid.
    80338177 ERROR_WSMAN_CLIENT_SETSESSIONOPTION_NULL_PARAM
    80338178 ERROR_WSMAN_CLIENT_SETSESSIONOPTION_INVALID_PARAM A parameter of WSManSetSessionOption is invalid.
    80338179 ERROR_WSMAN_CLIENT_GETSESSIONOPTION_INVALID_PARAM A parameter is invalid in a call that reads an option of a session.
    8033817A ERROR_WSMAN_CLIENT_CREATESHELL_NULL_PARAM
    8033817B ERROR_WSMAN_CLIENT_INVALID_CREATE_SHELL_FLAG The flag of WSManCreateShell is invalid.
    8033817C ERROR_WSMAN_CLIENT_INVALID_CLOSE_SHELL_FLAG The flag of WSManCloseShell is invalid.
    8033817D ERROR_WSMAN_CLIENT_INVALID_CLOSE_COMMAND_FLAG The flag of WSManCloseCommand is invalid.
    8033817E ERROR_WSMAN_CLIENT_CLOSESHELL_NULL_PARAM
    8033817F ERROR_WSMAN_CLIENT_CLOSECOMMAND_NULL_PARAM
    80338180 ERROR_WSMAN_CLIENT_RUNCOMMAND_NULL_PARAM
    80338181 ERROR_WSMAN_CLIENT_INVALID_RUNCOMMAND_FLAG The flag of WSManRunShellCommand is invalid.
    80338182 ERROR_WSMAN_CLIENT_RUNCOMMAND_NOTCOMPLETED The command has not been started yet.
    80338183 ERROR_WSMAN_NO_COMMAND_RESPONSE The answer says nothing about the command.
    80338184 ERROR_WSMAN_INVALID_OPTIONSET The options of the request are malformed.
    80338185 ERROR_WSMAN_NO_COMMANDID The answer does not identify the command.
    80338186 ERROR_WSMAN_CLIENT_SIGNAL_NULL_PARAM
    80338187 ERROR_WSMAN_CLIENT_INVALID_SIGNAL_SHELL_FLAG The flag of WSManSignalShell is invalid.
    80338188 ERROR_WSMAN_CLIENT_SEND_NULL_PARAM
    80338189 ERROR_WSMAN_CLIENT_INVALID_SEND_SHELL_FLAG The flag of WSManSendShellInput is invalid.
    8033818A ERROR_WSMAN_CLIENT_INVALID_SEND_SHELL_PARAMETER Input of a shell is sent as bytes.
    8033818B ERROR_WSMAN_SHELL_INVALID_INPUT_STREAM The shell was created without this input stream.
    8033818C ERROR_WSMAN_CLIENT_RECEIVE_NULL_PARAM
    8033818D ERROR_WSMAN_SHELL_INVALID_DESIRED_STREAMS The shell was created without one of these output streams.
    8033818E ERROR_WSMAN_CLIENT_INVALID_RECEIVE_SHELL_FLAG The flag of WSManReceiveShellOutput is invalid.
    8033818F ERROR_WSMAN_NO_RECEIVE_RESPONSE The answer holds no output.
    80338190 ERROR_WSMAN_PLUGIN_CONFIGURATION_CORRUPTED The configuration of a plug-in is damaged.
    80338191 ERROR_WSMAN_INVALID_FILEPATH The file of the plug-in is none that can be loaded.
    80338192 ERROR_WSMAN_FILE_NOT_PRESENT The file of the plug-in is missing.
    80338193 ERROR_WSMAN_IISCONFIGURATION_READ_FAILED The configuration of IIS cannot be read.
    80338194 ERROR_WSMAN_CLIENT_INVALID_LOCALE The locale is invalid.
    80338195 ERROR_WSMAN_CLIENT_INVALID_UI_LANGUAGE The language for texts is invalid.
    80338196 ERROR_WSMAN_CLIENT_GETERRORMESSAGE_NULL_PARAM
    80338197 ERROR_WSMAN_CLIENT_INVALID_LANGUAGE_CODE A language is named as in RFC 3066, such as en-US.
    80338198 ERROR_WSMAN_CLIENT_INVALID_GETERRORMESSAGE_FLAG The flag of WSManGetErrorMessage is invalid.
    80338199 ERROR_WSMAN_REDIRECT_REQUESTED The request is to be sent to another machine.
    8033819A ERROR_WSMAN_PROXY_AUTHENTICATION_INVALID_FLAG The flag for the authentication at the proxy is invalid.
    8033819B ERROR_WSMAN_CLIENT_CREDENTIALS_FOR_PROXY_AUTHENTICATION The proxy needs a user name and a password.
    8033819C ERROR_WSMAN_PROXY_ACCESS_TYPE The settings of the proxy come from one place: -proxyaccess takes one word.
    8033819D ERROR_WSMAN_INVALID_OPTION_NO_PROXY_SERVER Without a proxy there are no credentials for it.
    8033819E ERROR_WSMAN_CLIENT_GETSESSIONOPTION_DWORD_NULL_PARAM
    8033819F ERROR_WSMAN_CLIENT_GETSESSIONOPTION_DWORD_INVALID_PARAM A parameter of WSManGetSessionOptionAsDword is invalid.
    803381A0 ERROR_WSMAN_CLIENT_GETSESSIONOPTION_STRING_INVALID_PARAM A parameter of WSManGetSessionOptionAsString is invalid.
    803381A1 ERROR_WSMAN_CREDSSP_USERNAME_PASSWORD_NEEDED CredSSP needs an explicit user name and password.
    803381A2 ERROR_WSMAN_CLIENT_CREDSSP_AUTHENTICATION_DISABLED
    803381A3 ERROR_WSMAN_CLIENT_ALLOWFRESHCREDENTIALS
    803381A4 ERROR_WSMAN_CLIENT_ALLOWFRESHCREDENTIALS_NTLMONLY
    803381A5 ERROR_WSMAN_QUOTA_MAX_SHELLS The user has as many shells as one user may have.
    803381A6 ERROR_WSMAN_QUOTA_MAX_OPERATIONS The user has as many operations under way as one user may have.
    803381A7 ERROR_WSMAN_QUOTA_USER The user has put as much load on the service as one user may.
    803381A8 ERROR_WSMAN_QUOTA_SYSTEM The service is under as much load as it may be.
    803381A9 ERROR_WSMAN_DIFFERENT_AUTHZ_TOKEN When the user was authorized again, the rights had changed. Try again.
    803381AA ERROR_WSMAN_REDIRECT_LOCATION_NOT_AVAILABLE No redirect has happened, so there is no location.
    803381AB ERROR_WSMAN_QUOTA_MAX_SHELLUSERS As many users have shells as may have them at the same time.
    803381AC ERROR_WSMAN_REMOTESHELLS_NOT_ALLOWED Remote shells are switched off on the server.
    803381AD ERROR_WSMAN_PULL_PARAMS_NOT_SAME_AS_ENUM The limits of a Pull are not those of its Enumerate.
    803381AE ERROR_WSMAN_DEPRECATED_CONFIG_SETTING The setting is no longer used and cannot be changed.
    803381AF ERROR_WSMAN_URI_SECURITY_URI The URI of a Security element does not lie below its resource.
    803381B0 ERROR_WSMAN_CANNOT_USE_ALLOW_NEGOTIATE_IMPLICIT_CREDENTIALS_FOR_HTTP -defaultcreds is for HTTPS only.
    803381B1 ERROR_WSMAN_CANNOT_USE_PROXY_SETTINGS_FOR_HTTP Over HTTP no proxy is used: use HTTPS.
    803381B2 ERROR_WSMAN_CANNOT_USE_PROXY_SETTINGS_FOR_KERBEROS Kerberos cannot be used through a proxy.
    803381B3 ERROR_WSMAN_CANNOT_USE_PROXY_SETTINGS_FOR_CREDSSP CredSSP cannot be used through a proxy.
    803381B4 ERROR_WSMAN_CLIENT_MULTIPLE_PROXY_AUTH_FLAGS One method of authentication at the proxy can be chosen, not several.
    803381B5 ERROR_WSMAN_INVALID_REDIRECT_ERROR The redirect came where none was expected.
    803381B6 ERROR_REDIRECT_LOCATION_TOO_LONG The location of the redirect is too long.
    803381B7 ERROR_REDIRECT_LOCATION_INVALID The location of the redirect is invalid.
    803381B8 ERROR_SERVICE_CBT_HARDENING_INVALID CbtHardeningLevel is None, Relaxed or Strict.
    803381B9 ERROR_WSMAN_NAME_NOT_RESOLVED The name of the host cannot be resolved.
    803381BA ERROR_WSMAN_SSL_CONNECTION_ABORTED No TLS connection could be made.
    803381BB ERROR_WSMAN_DEFAULTAUTH_IPADDRESS To an IP address, default authentication needs explicit credentials, and HTTPS or an entry in TrustedHosts.
    803381BC ERROR_WSMAN_CUSTOMREMOTESHELL_DEPRECATED There are no custom remote shells any more.
    803381BD ERROR_WSMAN_FEATURE_DEPRECATED The feature does not exist any more.
    803381BE ERROR_WSMAN_INVALID_USESSL_PARAM The address says http, and the switch for TLS was given.
    803381BF ERROR_WSMAN_INVALID_CONFIGSDDL_URL The security of this resource cannot be changed: no plug-in serves the URI.
    803381C0 ERROR_WSMAN_ENUMERATE_SHELLCOMAMNDS_FILTER_EXPECTED To enumerate commands, a selector filter must name their shell.
    803381C1 ERROR_WSMAN_ENUMERATE_SHELLCOMMANDS_EPRS_NOTSUPPORTED Commands of shells have no references.
    803381C2 ERROR_WSMAN_CLIENT_CREATESHELL_NAME_INVALID The name of a shell has at most 255 characters.
    803381C3 ERROR_WSMAN_RUNAS_INVALIDUSERCREDENTIALS The account as which the plug-in is to run could not be verified.
    803381C4 ERROR_WINRS_SHELL_DISCONNECTED The shell is disconnected.
    803381C5 ERROR_WINRS_SHELL_DISCONNECT_NOT_SUPPORTED The shell cannot be disconnected and reconnected.
    803381C6 ERROR_WINRS_SHELL_CLIENTSESSIONID_MISMATCH The shell belongs to another session of the client.
    803381C7 ERROR_WSMAN_CLIENT_DISCONNECTSHELL_NULL_PARAM
    803381C8 ERROR_WSMAN_CLIENT_RECONNECTSHELL_NULL_PARAM
    803381C9 ERROR_WSMAN_CLIENT_CONNECTSHELL_NULL_PARAM
    803381CA ERROR_WSMAN_CLIENT_CONNECTCOMMAND_NULL_PARAM
    803381CB ERROR_WINRS_CONNECT_RESPONSE_BAD_BODY The answer to Connect is malformed.
    803381CC ERROR_WSMAN_COMMAND_TERMINATED The command has ended or is ending.
    803381CD ERROR_WINRS_SHELL_CONNECTED_TO_DIFFERENT_CLIENT The shell is connected to another client.
    803381CE ERROR_WINRS_SHELL_DISCONNECT_OPERATION_NOT_GRACEFUL The shell was not disconnected in an orderly way; output may be missing.
    803381CF ERROR_WINRS_SHELL_DISCONNECT_OPERATION_NOT_VALID The shell is disconnected already.
    803381D0 ERROR_WINRS_SHELL_RECONNECT_OPERATION_NOT_VALID The shell is connected.
    803381D1 ERROR_WSMAN_CONFIG_GROUP_POLICY_CHANGE_NOTIFICATION_SUBSCRIPTION_FAILED Changes of policy cannot be noticed.
    803381D2 ERROR_WSMAN_CLIENT_RECONNECTSHELLCOMMAND_NULL_PARAM
    803381D3 ERROR_WINRS_SHELLCOMMAND_RECONNECT_OPERATION_NOT_VALID The command is connected.
    803381D4 ERROR_WINRS_SHELLCOMMAND_CLIENTID_NOT_VALID The identifier that the client proposed for the command is no GUID.
    803381D5 ERROR_WINRS_SHELL_CLIENTID_NOT_VALID The identifier that the client proposed for the shell is no GUID.
    803381D6 ERROR_WINRS_SHELLCOMMAND_CLIENTID_RESOURCE_CONFLICT There is a command with the proposed identifier already.
    803381D7 ERROR_WINRS_SHELL_CLIENTID_RESOURCE_CONFLICT There is a shell with the proposed identifier already.
    803381D8 ERROR_WINRS_SHELLCOMMAND_DISCONNECT_OPERATION_NOT_VALID The command is disconnected already.
    803381D9 ERROR_WSMAN_SUBSCRIBE_WMI_INVALID_KEY A subscription to WMI has no selectors.
    803381DA ERROR_WSMAN_CLIENT_INVALID_DISCONNECT_SHELL_FLAG The flag of WSManDisconnectShell is invalid.
    803381DB ERROR_WSMAN_CLIENT_INVALID_SHELL_COMMAND_PAIR The command belongs to another shell.
    803381DC ERROR_WSMAN_SEMANTICCALLBACK_TIMEDOUT A question of the provider was not answered in time.
    803381DD ERROR_WSMAN_SERVICE_REMOTE_ACCESS_DISABLED The service refuses requests of other computers.
    803381DE ERROR_WSMAN_SERVICE_STREAM_DISCONNECTED The stream is disconnected.
    803381DF ERROR_WSMAN_CREATESHELL_RUNAS_FAILED The shell could not be created as the account of its plug-in.
    803381E0 ERROR_WSMAN_INVALID_XML_RUNAS_DISABLED Policy forbids to store an account as which a plug-in runs.
    803381E1 ERROR_WSMAN_WRONG_METADATA The instance does not fit the schema of its class.
    803381E2 ERROR_WSMAN_UNSUPPORTED_TYPE A type in the XML is not supported.
    803381E3 ERROR_WSMAN_REMOTE_CONNECTION_NOT_ALLOWED The plug-in refuses remote connections.
    803381E4 ERROR_WSMAN_QUOTA_MAX_SHELLS_PPQ The user has as many shells of this plug-in as one user may have.
    803381E5 ERROR_WSMAN_QUOTA_MAX_USERS_PPQ As many users use this plug-in as may do so at the same time.
    803381E6 ERROR_WSMAN_QUOTA_MAX_PLUGINSHELLS_PPQ This plug-in has as many shells as it may have.
    803381E7 ERROR_WSMAN_QUOTA_MAX_PLUGINOPERATIONS_PPQ This plug-in has as many operations under way as it may have.
    803381E8 ERROR_WSMAN_QUOTA_MAX_OPERATIONS_USER_PPQ The user has as many operations of this plug-in under way as one user may have.
    803381E9 ERROR_WSMAN_QUOTA_MAX_COMMANDS_PER_SHELL_PPQ The shell has as many commands as one shell may have.
    803381EA ERROR_WSMAN_QUOTA_MIN_REQUIREMENT_NOT_AVAILABLE_PPQ What the operation needs at least is not available.
    803381EB ERROR_WSMAN_NEW_DESERIALIZER The client cannot read typed objects.
    803381EC ERROR_WSMAN_DESERIALIZE_CLASS The client cannot read the metadata.
    803381ED ERROR_WSMAN_GETCLASS The client could not fetch the metadata.
    803381EE ERROR_WSMAN_NEW_SESSION The client could not make a session.
    803381EF ERROR_WSMAN_NULL_KEY A key property is null.
    803381F0 ERROR_WSMAN_MUTUAL_AUTH_FAILED The identity of the server could not be verified.
    803381F1 ERROR_WSMAN_UNSUPPORTED_OCTETTYPE Arrays of octet strings are not supported.
    803381F2 ERROR_WINRS_IDLETIMEOUT_OUTOFBOUNDS The idle timeout asked for is outside of what the server allows.
    803381F3 ERROR_WSMAN_INSUFFICIENT_METADATA_FOR_BASIC The metadata does not suffice for typed objects.
    803381F4 ERROR_WSMAN_INVALID_LITERAL_URI A resource URI and a prefix for one were both given.
    803381F5 ERROR_WSMAN_OBJECTONLY_INVALID Keys alone and whole objects were both asked for.
    803381F6 ERROR_WSMAN_MISSING_CLASSNAME The name of the class is missing.
    803381F7 ERROR_WSMAN_EVENTING_INVALID_ENCODING_IN_DELIVERY The encoding of the delivery is invalid.
    803381F8 ERROR_WSMAN_DESTINATION_INVALID The destination is a name or an address, not a URL.
    803381F9 ERROR_WSMAN_UNSUPPORTED_FEATURE_IDENTIFY The server does not know Identify.
    803381FA ERROR_WSMAN_CLIENT_SESSION_UNUSABLE The session cannot be used any more: the service has been restarted.
    803381FB ERROR_WSMAN_VIRTUALACCOUNT_NOTSUPPORTED Virtual accounts are not supported here.
    803381FC ERROR_WSMAN_VIRTUALACCOUNT_NOTSUPPORTED_DOWNLEVEL Virtual accounts are not supported by this system.
    803381FD ERROR_WSMAN_RUNASUSER_MANAGEDACCOUNT_LOGON_FAILED The managed account of the plug-in could not log on.
    803381FE ERROR_WSMAN_CERTMAPPING_CREDENTIAL_MANAGEMENT_FAILIED The stored credential of the certificate mapping cannot be read.
    803381FF ERROR_WSMAN_EVENTING_PUSH_SUBSCRIPTION_NOACTIVATE_EVENTSOURCE The source of the events is not active.
    C0000020 STATUS_INVALID_FILE_FOR_SECTION Winbind lost the process that asks the domain.
    C0000022 STATUS_ACCESS_DENIED The account may not log on here.
    C000005E STATUS_NO_LOGON_SERVERS The service cannot ask its domain.
    C0000064 STATUS_NO_SUCH_USER There is no such user.
    C000006A STATUS_WRONG_PASSWORD The password is wrong.
    C000006D STATUS_LOGON_FAILURE Wrong user name or password.
    C000006E STATUS_ACCOUNT_RESTRICTION A restriction of the account forbids it.
    C000006F STATUS_INVALID_LOGON_HOURS The account may not log on at this time.
    C0000070 STATUS_INVALID_WORKSTATION The account may not log on from this machine.
    C0000071 STATUS_PASSWORD_EXPIRED The password has expired.
    C0000072 STATUS_ACCOUNT_DISABLED The account is disabled.
    C00000B5 STATUS_IO_TIMEOUT The domain controller did not answer in time.
    C00000BB STATUS_NOT_SUPPORTED The server does not take this mechanism or version.
    C00000DA STATUS_CANT_ACCESS_DOMAIN_INFO Nothing is known about the domain.
    C0000133 STATUS_TIME_DIFFERENCE_AT_DC The clocks differ too much.
    C000013A STATUS_CONTROL_C_EXIT The remote command was interrupted.
    C000015B STATUS_LOGON_TYPE_NOT_GRANTED This type of logon is not granted.
    C000018B STATUS_NO_TRUST_SAM_ACCOUNT The domain has no account for the service's machine.
    C000018C STATUS_TRUSTED_DOMAIN_FAILURE The trust between two domains does not work.
    C000018D STATUS_TRUSTED_RELATIONSHIP_FAILURE The domain does not trust the service's machine.
    C0000193 STATUS_ACCOUNT_EXPIRED The account has expired.
    C000019B STATUS_DOMAIN_TRUST_INCONSISTENT The domain is another one than the machine joined.
    C000020C STATUS_CONNECTION_DISCONNECTED The domain controller ended the connection.
    C000020D STATUS_CONNECTION_RESET The domain controller reset the connection.
    C0000224 STATUS_PASSWORD_MUST_CHANGE The password must be changed first.
    C0000233 STATUS_DOMAIN_CONTROLLER_NOT_FOUND No domain controller was found.
    C0000234 STATUS_ACCOUNT_LOCKED_OUT The account is locked.
    C0000236 STATUS_CONNECTION_REFUSED The domain controller refuses connections.
    C000023C STATUS_NETWORK_UNREACHABLE There is no way to the domain controller's network.
    C000023D STATUS_HOST_UNREACHABLE The domain controller's host cannot be reached.
    C000035B STATUS_BAD_BINDINGS The authentication belongs to another connection.
    C0000413 STATUS_AUTHENTICATION_FIREWALL_FAILED The domain does not let this account use this machine.
    C0020017 RPC_NT_SERVER_UNAVAILABLE The domain controller does not serve.
    C002001B RPC_NT_CALL_FAILED A call of the domain controller failed.
    """
}
