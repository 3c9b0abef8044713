"""A certification authority made with openssl, and certificates of every kind that it can be asked for."""

import pathlib
import subprocess


def openssl(*arguments, directory):
    done = subprocess.run(["openssl", *map(str, arguments)], cwd=directory, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
    if done.returncode != 0:
        raise AssertionError("openssl %s: %s" % (arguments, done.stderr.decode(errors="replace")))
    return done.stdout.decode()


class Certificate:
    """file: the certificate alone. key: its private key. chain: the certificate and the authorities between it and the root."""

    def __init__(self, directory, name):
        self.directory, self.name = pathlib.Path(directory), name
        self.file, self.key, self.chain = (self.directory / (name + end) for end in (".pem", ".key", ".chain.pem"))

    def fingerprint(self, algorithm):
        text = openssl("x509", "-in", self.file, "-noout", "-fingerprint", "-" + algorithm, directory=self.directory)
        return text.strip().partition("=")[2]

    @property
    def thumbprint(self):
        return self.fingerprint("sha1").replace(":", "")

    @property
    def sha256(self):
        return self.fingerprint("sha256").replace(":", "").lower()


class Authority:
    """A root and one authority below it, which signs."""

    def __init__(self, directory, name="test"):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.root = self._sign(name + "-root", None, ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"])
        self.intermediate = self._sign(
            name + "-intermediate", self.root, ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"]
        )

    @property
    def roots(self):
        """The file to trust."""
        return self.root.file

    def server(self, name, *hosts, use="serverAuth", days=30, kind="rsa", issuer=None, key_usage="digitalSignature,keyEncipherment"):
        """A certificate for hosts. days: 0 has expired a second later."""
        names = ",".join(("IP:" if host.replace(".", "").isdigit() or ":" in host else "DNS:") + host for host in hosts)
        extensions = ["keyUsage=" + key_usage] + (["subjectAltName=" + names] if names else [])
        extensions += ["extendedKeyUsage=" + use] if use else []
        made = self._sign(name, issuer or self.intermediate, extensions, days, kind)
        made.chain.write_text(made.file.read_text() + self.intermediate.file.read_text())
        return made

    def client(self, name, *principals, use="clientAuth", days=30, kind="rsa", issuer=None):
        """A certificate for a user, with user principal names as Windows has them."""
        names = ",".join("otherName:1.3.6.1.4.1.311.20.2.3;UTF8:" + principal for principal in principals)
        extensions = ["keyUsage=digitalSignature"] + (["subjectAltName=" + names] if names else [])
        extensions += ["extendedKeyUsage=" + use] if use else []
        made = self._sign(name, issuer or self.intermediate, extensions, days, kind)
        made.chain.write_text(made.file.read_text() + (self.intermediate.file.read_text() if issuer is None else ""))
        return made

    def self_signed(self, name, *hosts):
        return self.server(name, *hosts, issuer="itself")

    def _sign(self, name, issuer, extensions, days=30, kind="rsa"):
        made = Certificate(self.directory, name)
        option = {"rsa": ["rsa:2048"], "weak": ["rsa:1024"], "p256": ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]}.get(kind, [kind])
        request, extension_file = made.directory / (name + ".csr"), made.directory / (name + ".ext")
        subject = "/CN=" + name
        openssl(
            "req", "-newkey", *option, "-nodes", "-keyout", made.key, "-out", request, "-subj", subject, directory=self.directory
        )
        made.key.chmod(0o600)
        extension_file.write_text("\n".join(extensions) + "\n")
        signs_itself = issuer in (None, "itself")
        signer = ["-signkey", made.key] if signs_itself else ["-CA", issuer.file, "-CAkey", issuer.key, "-CAcreateserial"]
        openssl(
            "x509", "-req", "-in", request, *signer, "-out", made.file, "-days", days, "-sha256", "-extfile", extension_file,
            directory=self.directory,
        )
        return made


def put_into_store(host, certificate, chain=None, key=None):
    """Lays the files of a certificate into a host's store by hand: what `winrm certificate import` would refuse."""
    store = host.root / "etc" / "winrm" / "certificates"
    store.mkdir(parents=True, exist_ok=True)
    store.chmod(0o755)
    thumbprint = certificate.thumbprint
    (store / (thumbprint + ".pem")).write_text((chain or certificate.chain).read_text())
    (store / (thumbprint + ".pem")).chmod(0o644)
    secret = store / (thumbprint + ".key")
    secret.touch(mode=0o600)
    secret.write_text((key or certificate.key).read_text())
    return thumbprint


def stored_files(host):
    store = host.root / "etc" / "winrm" / "certificates"
    return {path.name: path for path in store.iterdir()} if store.exists() else {}
