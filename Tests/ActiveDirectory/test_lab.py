"""The lab itself is what these tests take it for."""


def test_the_hosts_know_each_other_and_the_people(bare):
    ask = bare.directory.run
    assert ask("hop1", "id", "-Gn", "LAB\\alice").out.split().count("LAB\\winrm-users") == 1
    assert "LAB\\winrm-users" not in ask("hop1", "id", "-Gn", "LAB\\dave").out
    assert ask("client", "getent", "hosts", "hop2.lab.example").out.split()[0] == bare.directory["HOP2_IP"]


def test_the_share_belongs_to_alice(bare):
    share = ["smbclient", "-N", "--use-kerberos=required", "//hop2.lab.example/secret", "-c", "ls"]
    with bare.tickets("alice", name="share") as environment:
        assert "secret.txt" in bare.directory.run("client", *share, env=environment).out
    with bare.tickets("bob", name="share") as environment:
        done = bare.directory.run("client", *share, env=environment, check=False)
        assert done.returncode != 0 and "secret.txt" not in done.out


def test_a_local_account_goes_from_host_to_host(bare):
    """Nothing of the domain is needed for this; it shows that programs, mounts and addresses are right."""
    password = "a password of walter's"
    with bare.own_service("hop1", "hop1-walter", account=("walter", password, "walter")) as service:
        client = bare.client("client-walter", delegate="*.lab.example", ntlm_only=True)
        done = bare.winrs(client, service, "id -un; hostname", user="walter", password=password)
        assert (done.returncode, done.out.split()) == (0, ["walter", "hop1"]), done.err
