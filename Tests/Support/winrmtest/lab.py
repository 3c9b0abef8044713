"""Sets up the hosts of a multi-hop with the documented commands only."""

import os
import shutil
import tempfile

from . import hosts, programs


class Lab:
    """A directory of hosts that share one account. Everything ends with `close()`.

    user, password: the account that exists on every service; `unix_user`: whom it is mapped to.
    """

    def __init__(self, user="alice", password=None):
        self.directory = tempfile.mkdtemp(prefix="winrm-test-")
        os.chmod(self.directory, 0o755)
        self.bin = programs.stage(os.path.join(self.directory, "bin"))
        self.user, self.password = user, password or hosts.new_password()
        self.unix_user = programs.session_user()
        self.hosts = []
        self._next = 2

    def close(self):
        failures = []
        for host in self.hosts:
            try:
                host.stop()
            except AssertionError as error:
                failures.append(str(error))
        shutil.rmtree(self.directory, ignore_errors=True)
        if failures:
            raise AssertionError("; ".join(failures))

    def client(self, name="client"):
        """A host without a service."""
        host = hosts.Host(self.directory, name, self.bin)
        self.hosts.append(host)
        return host

    def service(self, name, credssp=True, address=None, port=None, account=True, allowed=True, start=True):
        """A host with a listener on an address of its own, the shared account in it, and its winrmd running."""
        if address is None:
            address = "127.0.0.%d" % self._next
            self._next += 1
        host = hosts.Host(self.directory, name, self.bin, address, port)
        host.unix_user, host.password = self.unix_user, self.password
        self.hosts.append(host)
        host.winrm("create", "winrm/config/Listener?Address=IP:%s+Transport=HTTP" % address, '@{Port="%d"}' % host.port)
        if credssp:
            host.winrm("set", "winrm/config/service/auth", '@{CredSSP="true"}')
        if account:
            host.add_account(self.user, self.password, "-unixuser:" + self.unix_user)
        if allowed:
            host.winrm("set", "winrm/config/service", '@{AllowedAccounts="%s"}' % self.user)
        if start:
            host.start()
        return host

    def delegate(self, client, *targets, ntlm_only=True):
        """Allows `client` to delegate fresh credentials to the hosts of `targets`, and switches CredSSP on there."""
        arguments = ["-delegate:WSMAN/%s" % (target if isinstance(target, str) else target.address) for target in targets]
        extra = ["-ntlmonly"] if ntlm_only else []
        for argument in arguments:
            client.winrm("credssp", "enable", "-role:client", argument, *extra, "-force")

    def trust(self, client, *targets):
        """Lets `client` use NTLM with hosts that do not prove who they are (TrustedHosts)."""
        addresses = [target if isinstance(target, str) else target.address for target in targets]
        names = ",".join("[%s]" % address if ":" in address else address for address in addresses)
        client.winrm("set", "winrm/config/client", '@{TrustedHosts="%s"}' % names)

    def winrs(self, client, target, *command, method="CredSSP", user=None, password=None, **options):
        """Runs `winrs` on `client` with the password in a file descriptor-free way: `-p:@FILE`."""
        return client.run("winrs", *self.switches(client, target, method, user, password), *command, **options)

    def switches(self, client, target, method="CredSSP", user=None, password=None):
        secret = client.root / "password"
        secret.touch(mode=0o600)
        secret.write_text(self.password if password is None else password)
        endpoint = target if isinstance(target, str) else target.endpoint
        return ["-r:" + endpoint, "-a:" + method, "-u:" + (user or self.user), "-p:@" + str(secret)]
