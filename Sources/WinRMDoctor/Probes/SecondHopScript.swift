/// What is run on the first hop, by its shell, when a second hop was named. It changes nothing there, and on the second hop it runs one
/// `echo`. It writes lines `NAME=VALUE`.
///
/// What a program said stands in `NAME.said.1` and so on, and how it ended in `NAME.exit`. The programs:
/// `winrm` and `winrms`, winrs over HTTP and over HTTPS; `smb`, the client of file servers; `cifs`, the question for a ticket to one.
enum SecondHopScript {
  /// The line before which nothing, and after which everything is the script's.
  static let mark = "winrm-doctor=1"
  /// What the second hop says when a command ran there.
  static let word = "winrm-doctor-2"
  /// The most output that is taken, in bytes.
  static let maximumOutput = 65_536
  /// How long it may take altogether; a little more than its parts together.
  static let patience = Duration.seconds(90)
  /// How long winrs may take, in seconds.
  static let winrsPatience = 15
  /// How many bytes of a line are told; a longer one goes on in the next.
  static let lineLength = 600
  /// The exit code of what took too long, as `timeout` has it.
  static let tookTooLong = 124

  /// For sh (POSIX). What it uses beyond that is looked for first: timeout, getent, klist, kvno, bash or nc or python3, winrs, smbclient.
  ///
  /// The target's characters mean nothing to a shell (``SecondHopTarget/init(parsing:)``); they stand in single quotes all the same.
  static func posix(_ target: SecondHopTarget) -> String {
    let kind: String
    var share = ""
    switch target.service {
    case .any: kind = "any"
    case .winrm: kind = "winrm"
    case .files(let named): (kind, share) = ("files", named ?? "")
    }
    return """
      host='\(target.host)' kind='\(kind)' service='\(target.address ?? "")' share='\(share)' ports='\(target.ports.map(String.init).joined(separator: " "))'
      \(posixBody)
      """
  }

  private static let posixBody = #"""
    plain() { LC_ALL=C tr -d '\000-\010\013\014\016-\037\177'; }
    say() { printf '%s=%s\n' "$1" "$(printf '%s' "$2" | tr '\r\n\t' '   ' | plain | LC_ALL=C cut -b1-600)"; }
    have() { command -v "$1" >/dev/null 2>&1; }
    limited() { t=$1; shift; if have timeout; then timeout "$t" "$@"; else "$@"; fi; }
    # tell NAME SECONDS PROGRAM ...: runs it, and tells what it says, a little of it, and how it ended. Nothing is kept anywhere.
    tell() {
      told=$1; shift
      { LC_ALL=C; export LC_ALL; limited "$@" 2>&1 </dev/null; printf '\nwinrm-doctor-exit %s\n' "$?"; } | plain | LC_ALL=C fold -b -w 600 |
        LC_ALL=C awk -v n="$told" '
          /^winrm-doctor-exit [0-9]+$/ { code = $2; next }
          /gencache/ { next }
          NF && c < 30 { c++; sub(/\r$/, ""); print n ".said." c "=" $0 }
          END { print n ".exit=" code; exit(code != 0) }'
    }
    # The programs that came with the service need not be in the session's PATH.
    winrs=$(command -v winrs) || { winrs=$WINRM_PROGRAMS/winrs; [ -n "$WINRM_PROGRAMS" ] && [ -x "$winrs" ] || winrs=; }
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
    except socket.timeout: print("no answer within 5 seconds")
    except OSError as error: print(error.strerror or error)' "$host" "$1" </dev/null 2>/dev/null
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

    # Does it let the user in, and may he do something there? One echo is run, and no profile with it.
    bracketed=$host; case $host in *:*) bracketed="[$host]" ;; esac
    ask_winrm() { tell "$1" 15 "$winrs" "-r:$2" -noprofile echo winrm-doctor-2; }
    ask_files() {
      [ -n "$KRB5CCNAME" ] && have kvno && tell cifs 10 kvno "cifs/$host"
      proof=--use-kerberos=required
      smbclient --help 2>&1 </dev/null | grep -q -e --use-kerberos || proof=-k
      # Without a directory for its locks it makes none, here or in the home directory. The pattern names nothing: a share may be large.
      if [ -n "$share" ]; then tell smb 15 smbclient -N "$proof" '--option=lock directory=/dev/null' "//$host/$share" -c 'ls winrm-doctor-2'
      else tell smb 15 smbclient -N "$proof" '--option=lock directory=/dev/null' -L "//$host"
      fi
    }
    if [ -n "$WINRM_CREDENTIALS" ] && [ "$WINRM_CREDENTIALS" != none ]; then
      if [ "$kind" != files ] && [ -z "$winrs" ]; then say winrm.missing yes
      else
        case $kind in
          winrm) [ -n "$opened" ] && ask_winrm winrm "$service" ;;
          any) { is_open 5985 && ask_winrm winrm "http://$bracketed:5985"; } || { is_open 5986 && ask_winrm winrms "https://$bracketed:5986"; } ;;
        esac
      fi
      if [ "$kind" != winrm ] && is_open 445; then
        if have smbclient; then ask_files; else say smb.missing yes; fi
      fi
    fi
    echo end=1
    """#

  /// For Windows PowerShell 5.1 on a Windows first hop, with the same lines. It fits on a command line of `cmd`: 8191 characters, once
  /// encoded.
  ///
  /// - Warning: not verified against Windows, which is not there to be tested with.
  static func windows(_ target: SecondHopTarget) -> String {
    var share = ""
    let kind: String
    switch target.service {
    case .any: kind = "any"
    case .winrm: kind = "winrm"
    case .files(let named): (kind, share) = ("files", named ?? "")
    }
    let bracketed = target.host.contains(":") ? "[\(target.host)]" : target.host
    return #"""
      $ProgressPreference='SilentlyContinue'
      $h='\#(target.host)'; $b='\#(bracketed)'; $k='\#(kind)'; $share='\#(share)'; $ports=@(\#(target.ports.map(String.init).joined(separator: ","))); $o=@{}
      function Told($n,$c,$t) {
        $i=0
        foreach ($l in ($t -split '[\r\n]+')) { if ($l.Trim() -and $i -lt 20) { $i++; "$n.said.$i=" + $l.Substring(0,[Math]::Min(600,$l.Length)) } }
        "$n.exit=$c"
      }
      function Ask($n,$u) {
        $s=New-Object Diagnostics.ProcessStartInfo 'winrs.exe',"-r:$u -noprofile echo winrm-doctor-2"
        $s.UseShellExecute=$false; $s.RedirectStandardInput=$true; $s.RedirectStandardOutput=$true; $s.RedirectStandardError=$true
        try { $r=[Diagnostics.Process]::Start($s) } catch { "$n.missing=yes"; return }
        $r.StandardInput.Close()
        if ($r.WaitForExit(15000)) { Told $n $r.ExitCode ($r.StandardError.ReadToEnd()+"`n"+$r.StandardOutput.ReadToEnd()) } else { $r.Kill(); "$n.exit=124" }
      }
      'winrm-doctor=1'; 'windows=1'; 'account='+[Security.Principal.WindowsIdentity]::GetCurrent().Name
      $t=(klist) -join ' '
      if ($t -match 'Client: (\S+) @ (\S+).*?krbtgt.*?End Time: ([^(]+)\(') { 'ticket.principal='+$matches[1]+'@'+$matches[2]; 'ticket.until='+$matches[3].Trim() }
      $as=@(); try { $as=@([Net.Dns]::GetHostAddresses($h)); 'name='+$as[0] } catch { 'name=' }
      foreach ($p in $ports) {
        $r='closed'
        foreach ($a in ($as | Select-Object -First 2)) {
          $c=New-Object Net.Sockets.TcpClient($a.AddressFamily)
          try { if ($c.ConnectAsync($a,$p).Wait(4000)) { $r='open' } else { $r='no answer within 4 seconds' } } catch { $r=$_.Exception.GetBaseException().Message } finally { $c.Close() }
          if ($r -eq 'open') { break }
        }
        "port.$p=$r"; $o[$p]=($r -eq 'open')
      }
      if ($k -eq 'winrm' -and $o.ContainsValue($true)) { Ask 'winrm' '\#(target.address ?? "")' }
      if ($k -eq 'any') { if ($o[5985]) { Ask 'winrm' "http://${b}:5985" } elseif ($o[5986]) { Ask 'winrms' "https://${b}:5986" } }
      if ($k -ne 'winrm' -and $o[445]) {
        if ($share) {
          try { [void]([IO.Directory]::EnumerateFileSystemEntries("\\$h\$share") | Select-Object -First 1); 'smb.exit=0' }
          catch { $e=$_.Exception.GetBaseException(); Told 'smb' ('0x{0:X8}' -f $e.HResult) $e.Message }
        } else { $t=(net.exe view "\\$h" 2>&1 | Out-String); Told 'smb' $LASTEXITCODE $t }
      }
      'end=1'
      """#
  }

  /// Reads the lines.
  ///
  /// Lines end with a line feed and with nothing else: what a second hop said stands in them, and it must not be able to begin one.
  static func parse(_ output: some Sequence<UInt8>) -> SecondHopAnswer {
    let bytes = Array(output)
    let lines = bytes.split(separator: 0x0A).map { line in
      String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
    }
    guard let start = lines.firstIndex(of: mark) else {
      return .failed(bytes.count < maximumOutput ? "its shell did not run what was asked" : tooMuch)
    }
    var values: [String: String] = [:]
    for line in lines[lines.index(after: start)...].prefix(300) {
      guard let equal = line.firstIndex(of: "=") else { continue }
      values[String(line[..<equal])] = line[line.index(after: equal)...].trimmingSpaces
    }
    guard values["end"] != nil else {
      return .failed(bytes.count < maximumOutput ? "its shell ended before it had told everything" : tooMuch)
    }
    return .said(values)
  }

  private static let tooMuch = "it wrote more than \(maximumOutput) bytes, which the questions do not"
}

extension Substring {
  fileprivate var trimmingSpaces: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
