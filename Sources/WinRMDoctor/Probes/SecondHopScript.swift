/// What is run on the first hop, by its shell, when a second hop was named: it looks, and changes nothing. It writes lines `NAME=VALUE`.
enum SecondHopScript {
  /// The line before which nothing, and after which everything is the script's.
  static let mark = "winrm-doctor=1"
  /// The most output that is taken, in bytes.
  static let maximumOutput = 65_536
  /// How long it may take altogether.
  static let patience = Duration.seconds(75)

  /// For sh (POSIX). What it uses beyond that is looked for first: timeout, getent, klist, bash or nc or python3, winrm, smbclient.
  ///
  /// The target's characters mean nothing to a shell (``SecondHopTarget/init(parsing:)``); they stand in single quotes all the same.
  static func posix(_ target: SecondHopTarget) -> String {
    let kind: String
    var scheme = "http"
    var share = ""
    switch target.service {
    case .any: kind = "any"
    case .winrm(let wanted, _): (kind, scheme) = ("winrm", wanted)
    case .files(let named): (kind, share) = ("files", named ?? "")
    }
    return """
      host='\(target.host)' kind='\(kind)' scheme='\(scheme)' share='\(share)' ports='\(target.ports.map(String.init).joined(separator: " "))'
      \(posixBody)
      """
  }

  private static let posixBody = #"""
    say() { printf '%s=%s\n' "$1" "$(printf '%s' "$2" | tr '\r\n\t' '   ' | cut -c1-500)"; }
    have() { command -v "$1" >/dev/null 2>&1; }
    limited() { t=$1; shift; if have timeout; then timeout "$t" "$@"; else "$@"; fi; }
    # The programs that came with the service need not be in the session's PATH.
    winrm=$(command -v winrm) || { winrm=$WINRM_PROGRAMS/winrm; [ -n "$WINRM_PROGRAMS" ] && [ -x "$winrm" ] || winrm=; }
    echo winrm-doctor=1
    say session "$WINRM_SESSION"
    say account "$WINRM_ACCOUNT"
    say credentials "$WINRM_CREDENTIALS"
    say ticketerror "$WINRM_TICKET_ERROR"

    # The ticket, as klist shows it: month/day/year becomes year-month-day.
    if [ -n "$KRB5CCNAME" ]; then
      if ! have klist; then say ticket.error 'there is no klist to ask'
      elif shown=$(LC_ALL=C klist 2>&1 </dev/null); then
        say ticket.principal "$(printf '%s\n' "$shown" | sed -n 's/^Default principal: //p')"
        say ticket.until "$(printf '%s\n' "$shown" |
          awk '/krbtgt\// { split($3, d, "/"); y = d[3]; if (length(y) == 2) y = "20" y; print y "-" d[1] "-" d[2] " " $4; exit }')"
      else say ticket.error "$shown"
      fi
    fi

    case $host in
      *:*) address=$host ;;
      *) if have getent; then address=$(limited 10 getent ahosts "$host" </dev/null | awk 'NR == 1 { print $1 }')
         elif have python3; then address=$(limited 10 python3 -c 'import socket, sys; print(socket.gethostbyname(sys.argv[1]))' "$host" </dev/null 2>/dev/null)
         else address=; say name.unknown yes
         fi ;;
    esac
    say name "$address"

    # open, closed with the reason, or unknown where nothing here can tell.
    reach() {
      if have bash && have timeout; then
        why=$(LC_ALL=C timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$host" "$1" 2>&1 </dev/null) && { echo open; return; }
        [ $? -eq 124 ] && { echo 'no answer within 5 seconds'; return; }
        printf '%s\n' "$why" | sed -n '$s/.*: //p'
      elif have nc; then
        if nc -z -w 5 "$host" "$1" </dev/null >/dev/null 2>&1; then echo open; else echo 'closed, or no answer'; fi
      elif have python3; then
        python3 -c 'import socket, sys
    try: socket.create_connection((sys.argv[1], int(sys.argv[2])), 5); print("open")
    except OSError as error: print(error)' "$host" "$1" </dev/null 2>/dev/null
      else echo unknown
      fi
    }
    opened=
    for port in $ports; do
      state=$(reach "$port")
      say "port.$port" "${state:-closed}"
      [ "$state" = open ] && opened="$opened $port"
    done
    is_open() { case " $opened " in *" $1 "*) return 0 ;; esac; return 1; }

    # Who accepts the user? Nothing is asked of anybody but to let him in.
    ask_winrm() {
      if said=$(limited 25 "$winrm" identify "-remote:$1" </dev/null 2>&1); then say access.winrm yes
      else
        code=$(printf '%s\n' "$said" | sed -n 's/^Error number:.* \(0x[0-9A-F]*\).*/\1/p')
        text=$(printf '%s' "$said" | sed -e 's/^WSManFault//' -e 's/^ *Message = //' -e '/^ *$/d')
        say access.winrm "${code:+$code: }${text:-no answer}"
      fi
    }
    bracketed=$host; case $host in *:*) bracketed="[$host]" ;; esac
    if [ -n "$WINRM_CREDENTIALS" ] && [ "$WINRM_CREDENTIALS" != none ]; then
      if [ -n "$winrm" ]; then
        case $kind in
          winrm) for port in $opened; do ask_winrm "$scheme://$bracketed:$port"; done ;;
          any) if is_open 5985; then ask_winrm "http://$bracketed:5985"
               elif is_open 5986; then ask_winrm "https://$bracketed:5986"
               fi ;;
        esac
      fi
      if [ "$kind" != winrm ] && is_open 445 && have smbclient; then
        proof=--use-kerberos=required
        if [ -n "$share" ]; then said=$(limited 25 smbclient -N "$proof" "//$host/$share" -c ls </dev/null 2>&1); code=$?
        else said=$(limited 25 smbclient -N "$proof" -L "//$host" </dev/null 2>&1); code=$?
        fi
        if [ $code -eq 0 ]; then say access.smb yes
        else said=$(printf '%s\n' "$said" | sed '/gencache/d'); say access.smb "${said:-no answer}"
        fi
      fi
    fi
    echo end=1
    """#

  /// For PowerShell on a Windows first hop, with the same lines.
  ///
  /// - Warning: not verified against Windows, which is not there to be tested with.
  static func windows(_ target: SecondHopTarget) -> String {
    var share = ""
    if case .files(let named) = target.service { share = named ?? "IPC$" }
    return """
      $h='\(target.host)'; $share='\(share)'; $ports=@(\(target.ports.map(String.init).joined(separator: ",")))
      'winrm-doctor=1'; 'windows=1'; 'account=' + [Security.Principal.WindowsIdentity]::GetCurrent().Name
      $t = (klist) -join ' '
      if ($t -match 'Client: (\\S+) @ (\\S+).*?krbtgt.*?End Time: ([^(]+)\\(') { 'ticket.principal=' + $matches[1] + '@' + $matches[2]; 'ticket.until=' + $matches[3].Trim() }
      try { 'name=' + [Net.Dns]::GetHostAddresses($h)[0] } catch { 'name=' }
      foreach ($p in $ports) {
        $c = New-Object Net.Sockets.TcpClient
        try { if ($c.ConnectAsync($h, $p).Wait(5000)) { "port.$p=open" } else { "port.$p=no answer within 5 seconds" } } catch { "port.$p=closed" } finally { $c.Close() }
      }
      if ($share) { try { [void](Get-ChildItem ('\\\\' + $h + '\\' + $share) -ErrorAction Stop); 'access.smb=yes' } catch { 'access.smb=' + $_.Exception.Message } }
      else { try { [void](Test-WSMan -ComputerName $h -Authentication Negotiate -ErrorAction Stop); 'access.winrm=yes' } catch { 'access.winrm=' + ($_.Exception.Message -replace '\\s+', ' ') } }
      'end=1'
      """
  }

  /// Reads the lines.
  static func parse(_ output: String) -> SecondHopAnswer {
    let lines = output.split(whereSeparator: \.isNewline).map(String.init)
    guard let start = lines.firstIndex(of: mark) else { return .failed("its shell did not run what was asked") }
    var values: [String: String] = [:]
    for line in lines[lines.index(after: start)...].prefix(200) {
      guard let equal = line.firstIndex(of: "=") else { continue }
      values[String(line[..<equal])] = line[line.index(after: equal)...].trimmingSpaces
    }
    guard values["end"] != nil else { return .failed("its shell ended before it had told everything") }
    return .said(values)
  }
}

extension Substring {
  fileprivate var trimmingSpaces: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
