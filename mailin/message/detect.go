package message

// guessCharset tells the charset of bytes that are not UTF-8: windows-1252, as most mail without a label is. sure says that the bytes themselves
// show it.
func guessCharset(b []byte) (label string, sure bool) { return "windows-1252", false }
