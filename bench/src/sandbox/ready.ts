/** Says that it runs, and ends. */
process.send!("ready", () => process.exit(0));
