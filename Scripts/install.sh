#!/usr/bin/env bash
# Installs the programs that were built, with the Swift libraries they need, so that every user can run them:
#   PREFIX (/usr/local): programs and libraries in lib/winrm, links to the programs in bin, the unit file in lib/systemd/system, manual pages
#     and completion for bash, zsh and fish below share
#   When it is root who installs, or into DESTDIR: the rules of PAM in /etc/pam.d/winrmd, unless there are some
#   CONFIGURATION (release): which build is installed; debug takes the one that make demo and make test leave
#   DESTDIR: put before every path, for packagers
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

prefix=${PREFIX:-/usr/local}
configuration=${CONFIGURATION:-release}
root=${DESTDIR:-}$prefix

for product in winrm winrs winrmd winrmd-exec; do
  swift build --package-path "$repository" --configuration "$configuration" --product "$product"
done
built=$(swift build --package-path "$repository" --configuration "$configuration" --show-bin-path)

# What the user may not write, root does: the build itself never runs as root on behalf of somebody else.
if mkdir -p "$root" 2>/dev/null && [ -w "$root" ]; then put() { "$@"; }; else put() { as_root "$@"; }; fi

say "installing into $root"
put install -d "$root/lib/winrm" "$root/bin" "$root/lib/systemd/system"
for program in winrm winrs winrmd winrmd-exec; do put install -m 0755 "$built/$program" "$root/lib/winrm/"; done
# The programs look for the Swift libraries beside themselves.
ldd "$built/winrmd" "$built/winrs" | sed -n 's/.* => \(.*\/swift\/.*\) (.*/\1/p' | sort -u |
  while read -r library; do put install -m 0644 "$library" "$root/lib/winrm/"; done
for program in winrm winrs winrmd; do put ln -sf "../lib/winrm/$program" "$root/bin/$program"; done
sed "s|^ExecStart=/usr/sbin/winrmd|ExecStart=$prefix/lib/winrm/winrmd|" "$repository/Packaging/winrmd.service" |
  put tee "$root/lib/systemd/system/winrmd.service" >/dev/null
sed "s|^ExecStart=/usr/bin/winrm |ExecStart=$prefix/lib/winrm/winrm |" "$repository/Packaging/winrm-policy.service" |
  put tee "$root/lib/systemd/system/winrm-policy.service" >/dev/null
put install -m 0644 "$repository/Packaging/winrm-policy.timer" "$root/lib/systemd/system/"
# Manual pages and completion come from the programs themselves.
manual() { "$built/winrm" manual "$1"; }
completion() { "$built/winrm" completions "$1"; }
put install -d "$root/share/man/man1" "$root/share/man/man5" "$root/share/man/man8" "$root/share/bash-completion/completions" \
  "$root/share/zsh/site-functions" "$root/share/fish/vendor_completions.d"
for page in winrm winrs; do manual "$page" | put tee "$root/share/man/man1/$page.1" >/dev/null; done
manual winrm-config | put tee "$root/share/man/man5/winrm-config.5" >/dev/null
"$built/winrmd" --manual | put tee "$root/share/man/man8/winrmd.8" >/dev/null
# A shell looks for the file of the command that is typed.
for program in winrm winrs; do
  completion bash | put tee "$root/share/bash-completion/completions/$program" >/dev/null
  completion fish | put tee "$root/share/fish/vendor_completions.d/$program.fish" >/dev/null
done
completion zsh | put tee "$root/share/zsh/site-functions/_winrm" >/dev/null
"$built/winrmd" --generate-completion-script bash | put tee "$root/share/bash-completion/completions/winrmd" >/dev/null
"$built/winrmd" --generate-completion-script zsh | put tee "$root/share/zsh/site-functions/_winrmd" >/dev/null
"$built/winrmd" --generate-completion-script fish | put tee "$root/share/fish/vendor_completions.d/winrmd.fish" >/dev/null
# PAM looks for its rules in /etc alone. They are the administrator's: a file that is there stays as it is.
rules=${DESTDIR:-}/etc/pam.d/winrmd
if [ -n "${DESTDIR:-}" ] || [ "$(put id -u)" -eq 0 ]; then
  if [ -e "$rules" ]; then
    say "$rules stays as it is"
  else
    put install -D -m 0644 "$repository/Packaging/pam.d/winrmd" "$rules"
  fi
fi
say "installed: $(ls "$root/bin" | tr '\n' ' ')and winrmd.service, winrm-policy.service, winrm-policy.timer"
