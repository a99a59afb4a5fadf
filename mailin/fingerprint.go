package mailin

import (
	"bytes"
	"crypto/sha256"
)

// fingerprintFields are the fields that tell one mail from another (RFC 5322 section 3.6), in the order in which they are hashed.
var fingerprintFields = [...]string{"Message-ID", "Date", "From", "Subject"}

// FingerprintHeader is the SHA-256 over the raw values of the first Message-ID, Date, From and Subject of a header: unfolded (RFC 5322
// section 2.2.3), white space trimmed and its runs made one space, because servers fold anew what they return. The header may be a whole one, a
// selection that holds these fields, or a whole mail. Without any of the four it is zero: nothing could be told apart by it.
func FingerprintHeader(header []byte) [32]byte {
	var values [len(fingerprintFields)][]byte
	var seen [len(fingerprintFields)]bool
	field := -1 // whose value the next folded line continues
	for len(header) > 0 {
		line := header
		if i := bytes.IndexByte(header, '\n'); i >= 0 {
			line, header = header[:i], header[i+1:]
		} else {
			header = nil
		}
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if field >= 0 {
				values[field] = append(append(values[field], ' '), line...)
			}
			continue
		}
		field = -1
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		name = bytes.TrimRight(name, " \t") // RFC 5322 section 4.5 allows white space before the colon in old mail
		for i, want := range fingerprintFields {
			if !seen[i] && bytes.EqualFold(name, []byte(want)) {
				seen[i], field = true, i
				values[i] = bytes.Clone(value)
			}
		}
	}
	hash := sha256.New()
	empty := true
	for i, want := range fingerprintFields {
		value := bytes.Join(bytes.FieldsFunc(values[i], func(r rune) bool { return r == ' ' || r == '\t' }), []byte(" "))
		empty = empty && len(value) == 0
		hash.Write([]byte(want))
		hash.Write([]byte{':'})
		hash.Write(value)
		hash.Write([]byte{'\n'})
	}
	var sum [32]byte
	if !empty {
		hash.Sum(sum[:0])
	}
	return sum
}
