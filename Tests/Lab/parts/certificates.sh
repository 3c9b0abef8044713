# An authority, and a server certificate of hop1 and of hop2.
# shellcheck shell=bash disable=SC2154

make_certificates() (
  mkdir -p "$state/tls"
  cd "$state/tls" || exit 1
  openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj '/CN=Lab CA' -keyout ca.key -out ca.pem
  for host in hop1 hop2; do
    printf 'subjectAltName=DNS:%s.%s,DNS:%s,IP:%s\nextendedKeyUsage=serverAuth\n' "$host" "$domain" "$host" "${address[$host]}" >"$host.ext"
    openssl req -newkey rsa:2048 -nodes -subj "/CN=$host.$domain" -keyout "$host.key" -out "$host.csr"
    openssl x509 -req -in "$host.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile "$host.ext" -out "$host.pem"
  done
) >"$state/hop1/log/tls.log" 2>&1

# Puts the authority among those that a host's system trusts.
trust_authority() { cat "$state/tls/ca.pem" >>"$state/$1/etc/ssl/certs/ca-certificates.crt"; }
