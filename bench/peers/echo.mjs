// The raw limit of a Node child: writes back what it reads, knows no protocol.
process.stdin.on("data", (chunk) => process.stdout.write(chunk));
