# Prints what zsh would offer at TAB, one candidate a line: zsh -f complete.zsh FUNCTIONS-DIRECTORY 'command line'
zmodload zsh/zpty
zpty shell zsh -f -i
talk() { zpty -w shell "$1" }
talk "PS1= PROMPT2= RPS1=; stty -echo; unsetopt prompt_cr prompt_sp; fpath=(${(q)1} \$fpath)"
talk 'autoload -Uz compinit && compinit -D -u'
talk 'zstyle ":completion:*" menu no; zstyle ":completion:*" list-rows-first no; LISTMAX=0'
# Calls of compadd that only ask are passed on; those that add are also told.
talk 'compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
  local -a hits
  builtin compadd -A hits "$@"
  (( $#hits )) && print -rl -- "<"$^hits">"
  builtin compadd "$@"
}'
talk 'answer() { _main_complete; print -r -- "<<end>>"; exit }; zle -C answer list-choices answer; bindkey "^I" answer'
talk 'print -r -- "<<re""ady>>"'
local text line
while zpty -r shell line; do [[ $line == *'<<ready>>'* ]] && break; done
zpty -w -n shell "$2"$'\t'
while zpty -r shell line; do
  text+=$line
  [[ $line == *'<<end>>'* ]] && break
done
for line in ${(f)text}; do
  line=${line//$'\r'/}
  [[ $line == *'<'*'>' && $line != *'<<end>>'* ]] && print -r -- ${${line##*<}%>}
done
zpty -d shell
