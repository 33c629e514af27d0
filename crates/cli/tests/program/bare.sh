# A plugin without any SDK: what crossplug/1 asks of a plugin, in shell. The method says what it does.

say() { printf '%s\n' "$1"; }
answer() { say "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":$1}"; }
fail() { say "{\"jsonrpc\":\"2.0\",\"id\":$id,\"error\":$1}"; }
notify() { say "{\"jsonrpc\":\"2.0\",\"method\":\"$1\",\"params\":$2}"; }

# Reads lines until one is of the method, such as `$/credit`.
await() {
  while IFS= read -r heard; do
    case $heard in *"\"method\":\"$1\""*) return ;; esac
  done
  exit 0
}

while IFS= read -r line; do
  rest=${line#*\"id\":}
  id=${rest%%[,\}]*}
  rest=${line#*\"method\":\"}
  method=${rest%%\"*}
  case $method in
    initialize)
      hello=$line
      answer '{"protocol":{"version":"1.0"},"manifest":{"name":"bare","description":"No SDK.","version":"1.0.0","language":"shell"},"interfaces":{"bare":{"version":"1.0.0"}}}'
      ;;
    ping) answer null ;;
    shutdown) answer null ;;
    bare.hello) answer "$hello" ;;
    bare.echo) answer "$line" ;;
    bare.fail) fail '{"code":-32100,"message":"no paper","data":{"code":"outOfPaper","retryable":true,"details":{"sheets":2}}}' ;;
    bare.garbage) say '{garbage' ;;
    bare.die) exit 7 ;;
    bare.hang) ;;
    bare.count)
      await '$/credit'
      notify '$/progress' "{\"id\":$id,\"fraction\":0.5,\"message\":\"half way\"}"
      notify '$/item' "{\"id\":$id,\"item\":1}"
      notify '$/item' "{\"id\":$id,\"item\":{\"two\":2}}"
      answer '{"counted":2}'
      ;;
    bare.collect)
      notify '$/credit' "{\"id\":$id,\"items\":100,\"bytes\":100000}"
      items=
      while IFS= read -r heard; do
        case $heard in
          *'"$/item"'*)
            rest=${heard##*\"item\":}
            items=$items,${rest%%\}*}
            ;;
          *'"$/end"'*) break ;;
        esac
      done
      answer "[${items#,}]"
      ;;
    bare.ask)
      say '{"jsonrpc":"2.0","id":-1,"method":"bare.answer","params":{"question":"why"}}'
      while IFS= read -r heard; do
        case $heard in *'"id":-1'*) break ;; esac
      done
      answer "$heard"
      ;;
    bare.talk)
      echo 'a line on stderr' >&2
      notify '$/log' '{"level":"warn","message":"a line in the log","fields":{"n":1}}'
      notify '$/event' '{"name":"bare.happened","stream":"bare:stream","seq":1,"payload":{"n":2}}'
      answer null
      ;;
    '$/'*) ;;
    *) fail '{"code":-32601,"message":"no such method"}' ;;
  esac
done
