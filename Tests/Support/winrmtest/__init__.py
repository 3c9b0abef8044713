"""What the end-to-end and interoperability tests share: hosts, wires, memory scans, and an independent CredSSP acceptor."""
