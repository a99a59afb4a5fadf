package document

// SniffBytes is how many first bytes of a document Sniff wants.
const SniffBytes = 64 << 10

// Sniff says what a document is by its first bytes (at most SniffBytes are looked at).
func Sniff(head []byte, hint Hint) Kind { return None }
