/// What `winrm completions` prints: for each shell a script that asks `winrm completions candidates`.
///
/// The one that is asked is the `winrm` of the search path, never what stands on the line: a program would run before anybody has pressed
/// Return. Other users see the words of the question in the list of processes: those that can hold a password, switches that begin with `p`
/// and input (`@{…}`) before the current word, stay out of it, and there is no completion inside one.
enum CompletionScripts {
  static let shells = ["bash", "zsh", "fish"]

  static func script(_ shell: String) -> String? {
    switch shell.lowercased() {
    case "bash": bash
    case "zsh": zsh
    case "fish": fish
    default: nil
    }
  }

  private static let bash = #"""
    # Completion of winrm and winrs in bash. Printed by: winrm completions bash
    # The line without the words that can hold a password; fails where the word that is being written is one. Quoted blanks end no word.
    _winrm_without_secrets() {
      local rest=$1 kept='' word mark
      while [[ $rest == *[![:space:]]* ]]; do
        rest=${rest#"${rest%%[![:space:]]*}"} word=''
        while [[ -n $rest && $rest != [[:space:]]* ]]; do
          mark=${rest:0:1} rest=${rest:1} word+=$mark
          if [[ $mark == \\ ]]; then
            word+=${rest:0:1} rest=${rest:1}
          elif [[ $mark == [\'\"] ]]; then
            while [[ -n $rest && $rest != "$mark"* ]]; do word+=${rest:0:1} rest=${rest:1}; done
            word+=${rest:0:1} rest=${rest:1}
          fi
        done
        mark=${word//[\\\'\"]/}
        if [[ -z $rest ]]; then
          case $mark in -[pP]*:* | /[pP]*:* | @*[pP][aA][sS][sS]*) return 1 ;; esac
          kept+=$word
        else
          case $mark in -[pP]* | /[pP]*:* | @*) ;; *) kept+="$word " ;; esac
        fi
      done
      printf %s "$kept"
    }
    _winrm_complete() {
      local tool program=${1##*/} line=${COMP_LINE:0:COMP_POINT} current='' quote='' cut='' candidate
      local -a words=() found=()
      COMPREPLY=()
      tool=$(type -P winrm) || return
      line=$(_winrm_without_secrets "$line") || return
      read -ra words <<<"$line"
      if [[ $line != *[[:space:]] && ${#words[@]} -gt 0 ]]; then
        current=${words[${#words[@]} - 1]}
        unset "words[${#words[@]} - 1]"
      fi
      case $current in [\'\"]*) quote=${current:0:1} current=${current:1} ;; esac
      # Readline takes a word for several where it holds a colon or an equals sign: those before the last one are not its to replace.
      if [[ -z $quote ]]; then
        cut=${current%"${current##*["$COMP_WORDBREAKS"]}"}
        current=${current//\\/} cut=${cut//\\/}
      fi
      mapfile -t found < <("$tool" completions candidates "$program" "${words[@]:1}" "$current" 2>/dev/null)
      COMPREPLY=()
      for candidate in "${found[@]}"; do
        candidate=${candidate%%$'\t'*}
        if [[ $candidate == :files ]]; then
          compopt -o filenames
          case $current in -*:* | /*:*) current=${current#*:} ;; esac
          mapfile -t COMPREPLY < <(compgen -f -- "$current")
          return
        fi
        case $candidate in *[:=?+\{,\;]) compopt -o nospace ;; esac
        candidate=${candidate:${#cut}}
        if [[ -z $quote ]]; then printf -v candidate %q "$candidate"; fi
        COMPREPLY+=("$candidate")
      done
    }
    complete -F _winrm_complete winrm winrs
    """# + "\n"

  private static let zsh = #"""
    #compdef winrm winrs
    # Completion of winrm and winrs in zsh. Printed by: winrm completions zsh
    _winrm() {
      local tool program=${words[1]:t} current=${${(Q)PREFIX}#[\'\"]} line word
      local -a open closed openShown closedShown before
      tool=$(whence -p winrm) || return
      # What can hold a password is nobody's to read in the list of processes.
      case $current in -[pP]*:* | /[pP]*:* | @*[pP][aA][sS][sS]*) return 1 ;; esac
      for word in "${(@Q)words[2,CURRENT-1]}"; do
        case $word in -[pP]* | /[pP]*:* | @*) ;; *) before+=("$word") ;; esac
      done
      for line in "${(@f)$("$tool" completions candidates $program "${before[@]}" "$current" 2>/dev/null)}"; do
        word=${line%%$'\t'*}
        if [[ $word == :files ]]; then
          compset -P '[-/][a-zA-Z]#:'
          _files
          return
        fi
        [[ -n $word ]] || continue
        line=${line/$'\t'/  -- }
        case $word in
          *[:=?+\{,\;]) open+=("$word") openShown+=("$line") ;;
          *) closed+=("$word") closedShown+=("$line") ;;
        esac
      done
      (( ${#open} )) && compadd -S '' -l -d openShown -a open
      (( ${#closed} )) && compadd -l -d closedShown -a closed
      (( ${#open} + ${#closed} ))
    }
    if [[ ${funcstack[1]} == _winrm ]]; then _winrm "$@"; else compdef _winrm winrm winrs; fi
    """# + "\n"

  private static let fish = #"""
    # Completion of winrm and winrs in fish. Printed by: winrm completions fish
    function __winrm_candidates
        set -l words (commandline -opc)
        set -l current (commandline -ct)
        set -l program (string replace -r '.*/' '' -- $words[1])
        set -l tool (command -s winrm); or return
        # What can hold a password is nobody's to read in the list of processes.
        set -l secret '^["\']*(-[pP]|/[pP][^:]*:|@)'
        string match -qr '^["\']*([-/][pP][^:]*:|@.*[pP][aA][sS][sS])' -- "$current"; and return
        set -l before (string match -rv $secret -- $words[2..-1])
        for candidate in ($tool completions candidates $program $before "$current" 2>/dev/null)
            if test "$candidate" = :files
                set -l start (string match -r '^[-/][a-zA-Z]+:' -- "$current")
                for file in (__fish_complete_path (string replace -r '^[-/][a-zA-Z]+:' '' -- "$current"))
                    echo "$start$file"
                end
            else
                echo "$candidate"
            end
        end
    end
    complete -c winrm -f -a '(__winrm_candidates)'
    complete -c winrs -f -a '(__winrm_candidates)'
    """# + "\n"
}
