"""Names in each form and case, on both sides; the principal that is kept is the canonical one."""

import pathlib
import subprocess

import pytest

REPORT = 'printf "%s\\n" "$WINRM_ACCOUNT|$WINRM_MECHANISM|$(id -un)"'
FORMS = ["alice", "ALICE", "LAB\\alice", "lab\\Alice", "alice@lab.example", "Alice@LAB.EXAMPLE", "lab.example\\alice", "alice@lab"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("method", ["CredSSP", "Negotiate", "Kerberos"])
def test_names_with_kerberos(domain, method, form):
    done = domain.winrs(domain.client_host, domain.hop1, REPORT, method=method, user=form, password=domain.directory.password("alice"))
    assert (done.returncode, done.out.strip()) == (0, "LAB\\alice|Kerberos|LAB\\alice"), done.err


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("method", ["CredSSP", "Negotiate"])
def test_names_with_ntlm(domain, ntlm_only, method, form):
    done = domain.winrs(ntlm_only, domain.hop1, REPORT, method=method, user=form, password=domain.directory.password("alice"))
    assert (done.returncode, done.out.strip()) == (0, "LAB\\alice|NTLM|LAB\\alice"), done.err


@pytest.mark.parametrize("form", ["alice", "lab\\ALICE", "Alice@lab.example"])
def test_the_ticket_of_the_session_has_the_canonical_name(domain, ntlm_only, form):
    for client in (domain.client_host, ntlm_only):
        done = domain.winrs(client, domain.hop1, "klist", user=form, password=domain.directory.password("alice"), check=True)
        assert "Default principal: alice@LAB.EXAMPLE" in done.out


def test_a_client_without_a_default_realm_asks_dns_or_its_configuration(domain):
    bare = domain.kerberos_file("no-realm.conf", lambda text: text.replace("default_realm = LAB.EXAMPLE", ""))
    client = domain.client("client-no-realm", delegate="*.lab.example", kerberos=bare)
    done = domain.winrs(client, domain.hop1, REPORT, user="alice@LAB.EXAMPLE", password=domain.directory.password("alice"))
    assert (done.returncode, done.out.strip()) == (0, "LAB\\alice|Kerberos|LAB\\alice"), done.err


def test_a_local_account_comes_before_a_user_of_the_domain(domain, ntlm_only):
    """`bob` is both here; without a domain it is the local one, `LAB\\bob` is the other."""
    password = "a local password"
    with domain.own_service("hop1", "hop1-two-bobs", account=("bob", password, "walter")) as service:

        def who(name, secret):
            done = domain.winrs(ntlm_only, service, "id -un", user=name, password=secret)
            return done.out.strip() or done.err

        assert who("bob", password) == "walter"
        assert who("HOP1\\bob", password) == "walter"
        assert who("LAB\\bob", domain.directory.password("bob")) == "LAB\\bob"
        assert "0xC000006D" in who("HOP1\\bob", domain.directory.password("bob"))


def test_a_user_in_two_hundred_groups(domain):
    """A large ticket: past one packet of UDP, and past what a header usually holds."""
    done = domain.winrs(domain.client_host, domain.hop1, "id -Gn | tr ' ' '\\n' | grep -c large-", user="frank")
    assert (done.returncode, done.out.strip()) == (0, "200"), done.err
    for method in ("Kerberos", "Negotiate"):
        done = domain.winrs(domain.client_host, domain.hop1, REPORT, user="frank", method=method)
        assert (done.returncode, done.out.strip()) == (0, "LAB\\frank|Kerberos|LAB\\frank"), done.err


# Clocks that disagree. A library in front of libc shifts what a process thinks the time is.

SHIFT = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long shift(void) { const char *text = getenv("SHIFT_SECONDS"); return text ? atol(text) : 0; }
int clock_gettime(clockid_t id, struct timespec *at) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int code = real(id, at);
  if (code == 0 && id == CLOCK_REALTIME) at->tv_sec += shift();
  return code;
}
int gettimeofday(struct timeval *at, void *zone) {
  struct timespec now;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return 0;
}
time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}
"""


@pytest.fixture(scope="module")
def shifted(domain):
    library = pathlib.Path(domain.root) / "shift.so"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O1", "-x", "c", "-", "-o", str(library), "-ldl"], input=SHIFT, text=True, check=True
    )
    return lambda seconds: {"LD_PRELOAD": str(library), "SHIFT_SECONDS": str(seconds)}


def test_a_client_whose_clock_is_wrong_goes_by_that_of_the_kdc(domain, shifted):
    client = domain.client("client-late", delegate="*.lab.example", extra=shifted(-3600))
    done = domain.winrs(client, domain.hop1, REPORT, method="Kerberos")
    assert (done.returncode, done.out.strip()) == (0, "LAB\\alice|Kerberos|LAB\\alice"), done.err


def test_a_service_whose_clock_is_wrong_says_so_in_its_log(domain, shifted):
    with domain.own_service("hop1", "hop1-late", extra=shifted(3600)) as service:
        done = domain.winrs(domain.client_host, service, "id", method="Kerberos")
        assert done.returncode != 0 and done.out == ""
        assert "the server's log has the reason" in done.err, done.err
        assert "clocks are too far apart" in service.log(), service.log()
