// Loaded before API servers and Pulumi's CLI are started: programs in Go let garbage grow to four times what is alive, not once.
// That takes a fifth of their CPU time off, and the tests have the memory.
process.env["GOGC"] ??= "400";
