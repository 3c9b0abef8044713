/// Requests in the forms that other clients write. Composed for these tests after the habits of each client: prefixes, order, attributes.
enum SampleEnvelopes {
  /// Short prefixes, `uuid:` and upper-case ids, as Windows writes.
  static let windowsCreate = """
    <s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" \
    xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"><s:Header>\
    <a:To>http://host:5985/wsman</a:To><w:ResourceURI s:mustUnderstand="true">http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd\
    </w:ResourceURI><a:ReplyTo><a:Address s:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address>\
    </a:ReplyTo><a:Action s:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2004/09/transfer/Create</a:Action>\
    <w:MaxEnvelopeSize s:mustUnderstand="true">153600</w:MaxEnvelopeSize><a:MessageID>uuid:FC40E3CD-53E9-4315-B486-6D538B25D1F5</a:MessageID>\
    <w:Locale xml:lang="en-US" s:mustUnderstand="false"/><p:DataLocale xml:lang="de-DE" s:mustUnderstand="false"/>\
    <p:SessionId s:mustUnderstand="false">uuid:A635D444-7E75-4E46-9A68-2FFF53AF45CA</p:SessionId>\
    <p:OperationID s:mustUnderstand="false">uuid:11111111-7E75-4E46-9A68-2FFF53AF45CA</p:OperationID>\
    <p:SequenceId s:mustUnderstand="false">1</p:SequenceId><w:OptionSet s:mustUnderstand="true"><w:Option Name="WINRS_NOPROFILE">TRUE</w:Option>\
    <w:Option Name="WINRS_CODEPAGE">437</w:Option></w:OptionSet><w:OperationTimeout>PT60.000S</w:OperationTimeout></s:Header><s:Body>\
    <rsp:Shell xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><rsp:Environment><rsp:Variable Name="A">1 &amp; 2</rsp:Variable>\
    </rsp:Environment><rsp:WorkingDirectory>C:\\</rsp:WorkingDirectory><rsp:Lifetime>PT1000.000S</rsp:Lifetime><rsp:IdleTimeOut>PT900.000S\
    </rsp:IdleTimeOut><rsp:InputStreams>stdin</rsp:InputStreams><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell></s:Body></s:Envelope>
    """

  /// An XML declaration, the long prefixes, children of Shell in another order than the schema's, as pywinrm writes.
  static let pywinrmCreate = """
    <?xml version="1.0" encoding="utf-8"?>
    <env:Envelope xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
    xmlns:env="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" \
    xmlns:b="http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd" xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration" \
    xmlns:x="http://schemas.xmlsoap.org/ws/2004/09/transfer" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" \
    xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd" xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell" \
    xmlns:cfg="http://schemas.microsoft.com/wbem/wsman/1/config"><env:Header><a:To>http://windows-host:5985/wsman</a:To><a:ReplyTo>\
    <a:Address mustUnderstand="true">http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>\
    <w:MaxEnvelopeSize mustUnderstand="true">153600</w:MaxEnvelopeSize><a:MessageID>uuid:11111111-1111-1111-1111-111111111112</a:MessageID>\
    <w:Locale mustUnderstand="false" xml:lang="en-US"></w:Locale><p:DataLocale mustUnderstand="false" xml:lang="en-US"></p:DataLocale>\
    <w:OperationTimeout>PT20S</w:OperationTimeout><w:ResourceURI mustUnderstand="true">\
    http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd</w:ResourceURI><a:Action mustUnderstand="true">\
    http://schemas.xmlsoap.org/ws/2004/09/transfer/Create</a:Action><w:OptionSet><w:Option Name="WINRS_NOPROFILE">FALSE</w:Option>\
    <w:Option Name="WINRS_CODEPAGE">437</w:Option></w:OptionSet></env:Header><env:Body><rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams>\
    <rsp:OutputStreams>stdout stderr</rsp:OutputStreams><rsp:WorkingDirectory>/tmp</rsp:WorkingDirectory><rsp:IdleTimeOut>PT60S</rsp:IdleTimeOut>\
    <rsp:Environment><rsp:Variable Name="PATH">/bin</rsp:Variable></rsp:Environment></rsp:Shell></env:Body></env:Envelope>
    """

  /// The default namespace for the envelope and prefixes of the writer's own, as an XML library without a table writes.
  static let otherPrefixesReceive = """
    <Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Header><n1:Action xmlns:n1="http://schemas.xmlsoap.org/ws/2004/08/addressing" \
    xmlns:q="http://www.w3.org/2003/05/soap-envelope" q:mustUnderstand="1"> http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Receive </n1:Action>\
    <To xmlns="http://schemas.xmlsoap.org/ws/2004/08/addressing">https://[::1]:5986/wsman</To>\
    <ns0:SelectorSet xmlns:ns0="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><ns0:Selector Name="SHELLID">4283CBDC-0000-4000-8000-00000000000F\
    </ns0:Selector></ns0:SelectorSet><ns0:ResourceURI xmlns:ns0="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd">\
    HTTP://schemas.microsoft.com/wbem/wsman/1/windows/shell/CMD</ns0:ResourceURI>\
    <m:MessageID xmlns:m="http://schemas.xmlsoap.org/ws/2004/08/addressing">uuid:1</m:MessageID>\
    <m:ReplyTo xmlns:m="http://schemas.xmlsoap.org/ws/2004/08/addressing"><m:Address>\
    http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</m:Address></m:ReplyTo></Header><Body>\
    <Receive xmlns="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><DesiredStream CommandId="cf84c20a-0000-4000-8000-000000000001">stdout
      stderr</DesiredStream></Receive></Body></Envelope>
    """

  static let identify = """
    <?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://www.w3.org/2003/05/soap-envelope" \
    xmlns:id="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"><soapenv:Header/><soapenv:Body><id:Identify/></soapenv:Body></soapenv:Envelope>
    """

  /// A fault of a server for a shell that is gone: the number stands in the nested fault too.
  static let unknownShellFault = """
    <s:Envelope xml:lang="en-US" xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" \
    xmlns:x="http://schemas.xmlsoap.org/ws/2004/09/transfer" xmlns:e="http://schemas.xmlsoap.org/ws/2004/08/eventing" \
    xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" \
    xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"><s:Header><a:Action>http://schemas.dmtf.org/wbem/wsman/1/wsman/fault</a:Action>\
    <a:MessageID>uuid:348D9DCE-B99D-4EC4-A21B-5E5C8BB8FF1C</a:MessageID><a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>\
    <a:RelatesTo>uuid:11111111-1111-1111-1111-111111111112</a:RelatesTo></s:Header><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode>\
    <s:Value>w:InvalidSelectors</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en-US">The request has bad selectors. </s:Text></s:Reason>\
    <s:Detail><w:FaultDetail>http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/UnexpectedSelectors</w:FaultDetail>\
    <f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="2150858843" Machine="host"><f:Message>\
    <f:ProviderFault provider="Shell provider" path="%systemroot%\\system32\\WsmSvc.dll"><f:WSManFault Code="2150858843" Machine="host.example">\
    <f:Message>No shell of that id. </f:Message></f:WSManFault></f:ProviderFault></f:Message></f:WSManFault></s:Detail></s:Fault></s:Body></s:Envelope>
    """
}
