/** The fixed functions of the iptables scripts, in POSIX shell and awk. */
import { LOCALNET_PROTECTION, OUR_CHAINS_EXPRESSION } from '../ruleset/ownership.ts';

/**
 * `leftovers` reads a table as the node has it and prints what takes kube-proxy's part out of it. Quoted text is
 * cut away before looking for a target, so that no comment can pass for one.
 */
export const LEFTOVERS_FUNCTION = lines(String.raw`
# The chains that are kube-proxy's, in any of its modes.
ours='${OUR_CHAINS_EXPRESSION}'

# leftovers TOOL TABLE RULES: the lines for TOOL-restore that empty kube-proxy's chains, and delete those which the
# output of RULES does not declare, with the jumps into them. A chain that somebody else's rule jumps to stays,
# empty. Of KUBE-FIREWALL, which the kubelet writes too, only the rule that kube-proxy puts there is taken, and the
# chain where nothing else is in it.
leftovers() {
  { "$3"; echo '# on the node'; "$1-save" -t "$2"; } | awk -v ours="$ours" '
    $0 == "# on the node" { node = 1; next }
    /^# KUBE-FIREWALL stays/ { keep["KUBE-FIREWALL"] = 1; protected = /with its rule$/; next }
    /^:/ { chain = substr($1, 2) }
    /^:/ && !node { keep[chain] = 1; next }
    /^:/ { builtin[chain] = ($2 != "-"); if (chain ~ ours) own[++owns] = chain; next }
    !/^-A / || !node { next }
    {
      plain = $0
      gsub(/"([^"\\]|\\.)*"/, "", plain)
      words = split(plain, word, " ")
      target = ""
      for (i = 3; i < words && target == ""; i++) if (word[i] == "-j" || word[i] == "-g") target = word[i + 1]
      chain = word[2]
      if (chain == "KUBE-FIREWALL") {
        if (/${LOCALNET_PROTECTION}/) protection = $0; else shared = 1
      } else if (builtin[chain] && target == "KUBE-FIREWALL") shared_jumps[++shared_count] = $0
      else if (builtin[chain] && target ~ ours) jumps[++count] = target SUBSEP $0
      else if (target != "" && !(chain ~ ours)) held[target] = 1
    }
    function forget(rule) { sub(/^-A/, "-D", rule); print rule }
    END {
      for (i = 1; i <= owns; i++) print ":" own[i] " - [0:0]"
      for (i = 1; i <= count; i++) {
        split(jumps[i], jump, SUBSEP)
        if (!(jump[1] in keep)) forget(jump[2])
      }
      for (i = 1; i <= owns; i++) if (!(own[i] in keep) && !(own[i] in held)) print "-X " own[i]
      if (protection != "" && !protected) forget(protection)
      if ("KUBE-FIREWALL" in keep || shared || !("KUBE-FIREWALL" in builtin)) exit
      for (i = 1; i <= shared_count; i++) forget(shared_jumps[i])
      if (!("KUBE-FIREWALL" in held)) print "-X KUBE-FIREWALL"
    }'
}
`);

/** What adds the parts that stand in other people's chains. */
export const JUMP_FUNCTIONS = lines(String.raw`
# missing TOOL TABLE VERB CHAIN RULE…: the line that puts a rule first (-I) or last (-A), unless it is there.
missing() {
  tool=$1 table=$2 verb=$3
  shift 3
  if "$tool" -w -t "$table" -C "$@" >/dev/null 2>&1; then return; fi
  line=$verb
  for word; do
    case $word in *' '*) word="\"$word\"" ;; esac
    line="$line $word"
  done
  printf '%s\n' "$line"
}

# chain TOOL TABLE CHAIN: the line that makes a chain, unless it is there.
chain() {
  "$1" -w -t "$2" -S "$3" >/dev/null 2>&1 || echo ":$3 - [0:0]"
}

# table TOOL TABLE RULES JUMPS: the whole input of TOOL-restore for one table.
table() {
  echo "*$2"
  leftovers "$1" "$2" "$3"
  "$3"
  "$4"
  echo COMMIT
}
`);

/** kube-proxy makes its two counters, and does without the rules that need them where it cannot. */
export const COUNTER_LINES = lines(String.raw`
# Some rules count packets under a name. Where the kernel has no such counters, kube-proxy does without.
counters=yes
for counter in ct_state_invalid_dropped_pkts localhost_nps_accepted_pkts; do
  nfacct get "$counter" >/dev/null 2>&1 || nfacct add "$counter" >/dev/null 2>&1 || counters=no
done
fitted() {
  if [ $counters = yes ]; then cat; else
    sed -e '/ -m nfacct --nfacct-name  localhost_nps_accepted_pkts/d' \
      -e 's/ -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts//'
  fi
}
`);

/** Empty chains and tables of the nf_tables kind were not there before iptables first wrote to them. */
export const FORGET_FUNCTION = lines(String.raw`
# forget TOOL TABLE FAMILY: deletes those of the kernel's chains that are left without rules and let everything
# pass, and the table when nothing is left in it: iptables makes both by writing to them, and never takes them away.
# (Of the older kind, which knows no nf_tables, they come with the kernel.)
forget() {
  case $("$1" -V) in *nf_tables*) ;; *) return 0 ;; esac
  command -v nft >/dev/null || return 0
  for empty in $(nft list table "$3" "$2" 2>/dev/null | awk '
    /^\tchain / { name = $2; passes = 0; next }
    /^\t\ttype .* hook .*; policy accept;$/ { passes = 1; next }
    /^\t}/ { if (passes && name ~ /^(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING)$/) print name }
    { passes = 0 }')
  do nft delete chain "$3" "$2" "$empty"; done
  if nft list table "$3" "$2" 2>/dev/null | awk '/^\t/ { used = 1 } END { exit used }'
  then nft delete table "$3" "$2" 2>/dev/null || true; fi
}
`);

function lines(text: string): readonly string[] {
  return [...text.trim().split('\n'), ''];
}
