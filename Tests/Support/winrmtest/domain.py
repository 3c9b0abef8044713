"""Hosts of the lab (Tests/Lab): a real Active Directory, with services of ours on its members. The tests themselves run on its host `client`."""

import contextlib
import hashlib
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import tempfile

from . import hosts, programs

LAB_PROGRAMS = programs.REPOSITORY / "Tests" / "Lab"


class Directory:
    """What `Tests/Lab/up` wrote to lab.env: `directory["HOP1_IP"]`, `directory.password("alice")`."""

    def __init__(self):
        self.state = pathlib.Path(os.environ["WINRM_LAB"])
        self.values = {}
        for line in (self.state / "lab.env").read_text().splitlines():
            name, _, value = line.partition("=")
            self.values[name] = value[1:-1]

    def __getitem__(self, name):
        return self.values["LAB_" + name]

    def password(self, user):
        return self[user.upper() + "_PASSWORD"]

    def run(self, host, *command, input=None, timeout=60, check=True, env=None):
        """Runs any command on a host of the lab, as root."""
        done = subprocess.run(
            [str(LAB_PROGRAMS / "in"), host, *map(str, command)],
            input=input.encode() if isinstance(input, str) else input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            timeout=timeout,
            env={**os.environ, **(env or {})},
        )
        done.out, done.err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        if check and done.returncode != 0:
            raise AssertionError("%s on %s: exit %d\n%s%s" % (command, host, done.returncode, done.out, done.err))
        return done


class DomainHost(hosts.Host):
    """A directory of settings (WINRM_ROOT) on one host of the lab, and perhaps its running winrmd. Several may be on one host.

    where: dc, hop1, hop2, wg or client. kerberos: a krb5.conf that replaces the host's own.
    """

    def __init__(self, lab, where, name=None, port=None, https_port=None, kerberos=None, extra=None):
        self.where, self.domain_name = where, lab.directory[where.upper()]
        address = lab.directory[where.upper() + "_IP"]
        super().__init__(lab.root, name or where, lab.bin, address, port or 5985)
        self.https_port, self.kerberos, self.extra = https_port, kerberos, extra or {}

    def endpoint_of(self, scheme="http", host=None):
        return "%s://%s:%d" % (scheme, host or self.domain_name, self.https_port if scheme == "https" else self.port)

    @property
    def endpoint(self):
        return self.endpoint_of()

    @property
    def environment(self):
        return {**super().environment, "WINRM_LAB": os.environ["WINRM_LAB"]}

    def command(self, program, *arguments):
        extra = dict(self.extra)
        if self.kerberos:
            extra["KRB5_CONFIG"] = str(self.kerberos)
        set_there = ["env", *("%s=%s" % pair for pair in extra.items())] if extra else []
        return [str(LAB_PROGRAMS / "in"), self.where, *set_there, *super().command(program, *arguments)]

    def set_service(self, **values):
        self.winrm("set", "winrm/config/service", "@{%s}" % ";".join('%s="%s"' % pair for pair in values.items()))

    def set_service_auth(self, **values):
        self.winrm("set", "winrm/config/service/auth", "@{%s}" % ";".join('%s="%s"' % pair for pair in values.items()))

    def import_certificate(self, certificate, key):
        """Puts a certificate into the store of this host; its thumbprint."""
        self.winrm("certificate", "import", certificate, "-key:%s" % key)
        return thumbprint(certificate)

    def listen(self, scheme, port, thumbprint=None):
        values = {"Port": port}
        if thumbprint:
            values.update(Hostname=self.domain_name, CertificateThumbprint=thumbprint)
        pairs = ";".join('%s="%s"' % pair for pair in values.items())
        self.winrm("create", "winrm/config/Listener?Address=IP:%s+Transport=%s" % (self.address, scheme.upper()), "@{%s}" % pairs)

    def messages(self, mark=0):
        """The log since `mark`, a length of it."""
        return self.log()[mark:]


class DomainLab:
    """The lab with services on it, set up with the documented commands only. Everything but the lab itself ends with `close()`."""

    def __init__(self):
        self.directory = Directory()
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="t-", dir=self.directory.state))
        self.root.chmod(0o755)
        self.bin = programs.stage(self.root / "bin")
        self.hosts = []
        self._ports = iter(range(6000, 7000, 2))
        self._own = 0

    def close(self):
        failures = []
        for host in self.hosts:
            try:
                host.stop()
            except AssertionError as error:
                failures.append(str(error))
        if "WINRM_KEEP" not in os.environ:
            shutil.rmtree(self.root, ignore_errors=True)
        if failures:
            raise AssertionError("; ".join(failures))

    # Hosts

    def client(self, name="client", delegate=None, ntlm_only=False, kerberos=None, where="client", extra=None):
        """Settings of a client, whose policy delegates fresh credentials to the hosts of a pattern."""
        host = DomainHost(self, where, name, kerberos=kerberos, extra=extra)
        self.hosts.append(host)
        if delegate:
            self.delegate_from(host, delegate, ntlm_only)
        return host

    def delegate_from(self, host, pattern, ntlm_only=False):
        """Allows a client to delegate fresh credentials to the hosts of a pattern."""
        extra = ["-ntlmonly"] if ntlm_only else []
        host.winrm("credssp", "enable", "-role:client", "-delegate:WSMAN/" + pattern, *extra, "-force")

    def service(
        self,
        where,
        name=None,
        standard_ports=False,
        https=False,
        certificate=None,
        groups="LAB\\winrm-users",
        accounts="",
        account=None,
        start=True,
        **options,
    ):
        """A winrmd. certificate: a pair of files (chain, key), for CredSSP. groups, accounts: who may use it. account: name, password and
        Unix user of a local one, who may use it too."""
        port = 5985 if standard_ports else next(self._ports)
        host = DomainHost(self, where, name, port=port, https_port=(5986 if standard_ports else port + 1) if https else None, **options)
        self.hosts.append(host)
        host.listen("http", port)
        if https:
            own = (self.directory[where.upper() + "_CERT"], self.directory[where.upper() + "_KEY"])
            host.listen("https", host.https_port, host.import_certificate(*own))
        if certificate:
            host.set_service(CertificateThumbprint=host.import_certificate(*certificate))
        host.set_service_auth(CredSSP="true")
        if account:
            name, password, unix_user = account
            host.add_account(name, password, "-unixuser:" + unix_user)
            accounts = ",".join(filter(None, [accounts, name]))
        host.set_service(AllowedGroups=groups, AllowedAccounts=accounts)
        return host.start() if start else host

    @contextlib.contextmanager
    def own_service(self, where, name, **options):
        """A service for one test or one module."""
        self._own += 1
        host = self.service(where, "%s-%d" % (name, self._own), **options)
        try:
            yield host
        finally:
            host.stop()
            self.hosts.remove(host)

    # Faults

    @contextlib.contextmanager
    def hanging_winbind(self, where):
        """winbindd of a host that takes questions and never answers; those of the other hosts go on."""
        here = self.directory.run(where, "readlink", "/proc/self/ns/net").out.strip()
        found = []
        for directory in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (directory / "comm").read_text().startswith("winbindd") and os.readlink(directory / "ns" / "net") == here:
                    found.append(int(directory.name))
        assert found
        try:
            for process in found:
                os.kill(process, signal.SIGSTOP)
            yield
        finally:
            for process in found:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGCONT)

    # Commands

    def secret_file(self, client, password):
        path = client.root / "password"
        path.touch(mode=0o600)
        path.write_text(password)
        return path

    def switches(self, client, target, method="CredSSP", user="alice", password=None):
        """user=None: the ticket cache of whoever runs it."""
        endpoint = target if isinstance(target, str) else target.endpoint
        method = ["-a:" + method] if method else []
        if user is None:
            return ["-r:" + endpoint, *method]
        if password is None:
            password = self.directory.password(user)
        return ["-r:" + endpoint, *method, "-u:" + user, "-p:@%s" % self.secret_file(client, password)]

    def winrs(self, client, target, command, *, method="CredSSP", user="alice", password=None, switches=(), **options):
        words = [*self.switches(client, target, method, user, password), *switches, command]
        return client.run("winrs", *words, **options)

    def inner(self, target, command, method=None, without=(), switches=""):
        """The command line of a further hop, for the shell of the first one."""
        unset = "".join("-u %s " % name for name in without)
        prefix = "env %s" % unset if unset else ""
        return "%s%s/winrs -r:%s %s%s '%s'" % (
            prefix,
            self.bin,
            target if isinstance(target, str) else target.endpoint,
            "-a:%s " % method if method else "",
            switches,
            command,
        )

    # Kerberos

    def kerberos_file(self, name, edit, of="client"):
        """A krb5.conf made of a host's own one by `edit`."""
        path = self.root / name
        path.write_text(edit(pathlib.Path(self.directory[of.upper() + "_KRB5_CONFIG"]).read_text()))
        path.chmod(0o644)
        return path

    def kerberos_with_kdc(self, name, address, of="client"):
        """A krb5.conf whose KDC for the lab's realm is somewhere else: a closed port, or something that never answers."""
        realm = self.directory["REALM"]
        return self.kerberos_file(
            name,
            lambda text: text.replace("dns_lookup_kdc = true", "dns_lookup_kdc = false").replace(
                "    %s = {" % realm, "    %s = {\n        kdc = %s" % (realm, address)
            ),
            of,
        )

    @contextlib.contextmanager
    def tickets(self, user, *options, name="cache"):
        """A ticket cache of `user` on the client, as `kinit` makes it; the environment that names it."""
        cache = "FILE:%s" % (self.root / ("%s-%s" % (name, user)))
        self.directory.run("client", "kinit", "-c", cache, *options, user, input=self.directory.password(user) + "\n")
        try:
            yield {"KRB5CCNAME": cache}
        finally:
            self.directory.run("client", "kdestroy", "-c", cache, check=False)


def thumbprint(file):
    """The SHA-1 of the first certificate of a PEM file, in upper-case hexadecimal."""
    text = pathlib.Path(file).read_text()
    end = "-----END CERTIFICATE-----"
    return hashlib.sha1(ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERTIFICATE-----") : text.index(end) + len(end)])).hexdigest().upper()


class Authority:
    """A certificate authority of the tests, by OpenSSL."""

    def __init__(self, directory, name="An authority of the tests"):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(exist_ok=True)
        self.certificate = self.directory / "ca.pem"
        self._openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + name, "-keyout", "ca.key", "-out", "ca.pem"
        )

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.directory, check=True, capture_output=True)

    def issue(self, label, *names, days=2, use="serverAuth"):
        """(certificate, key) for the names."""
        (self.directory / (label + ".ext")).write_text(
            "subjectAltName=%s\nextendedKeyUsage=%s\n" % (",".join("DNS:" + name for name in names), use)
        )
        self._openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + names[0], "-keyout", label + ".key", "-out", label + ".csr"
        )
        self._openssl(
            "x509", "-req", "-in", label + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", str(days),
            "-extfile", label + ".ext", "-out", label + ".pem",
        )  # fmt: skip
        return self.directory / (label + ".pem"), self.directory / (label + ".key")
