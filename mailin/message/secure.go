package message

import "strings"

// What a person reads about mail that cannot be opened without a key.
const (
	smimeEncrypted = "The mail is encrypted with S/MIME and cannot be opened here; ask the sender to send it without encryption, or through your secure portal."
	pgpEncrypted   = "The mail is encrypted with PGP and cannot be opened here; ask the sender to send it without encryption, or through your secure portal."
)

// pgpMark begins a text that was encrypted without MIME (RFC 9580, section 6.2).
const pgpMark = "-----BEGIN PGP MESSAGE-----"

// encryptedProblem says what kind of multipart/encrypted it is (RFC 1847, RFC 3156).
func (w *walker) encryptedProblem(ct value) {
	if strings.Contains(strings.ToLower(ct.params["protocol"]), "pgp") {
		w.encrypted("pgp")
		return
	}
	if strings.Contains(strings.ToLower(ct.params["protocol"]), "pkcs7") {
		w.encrypted("smime")
		return
	}
	w.problem("The mail is encrypted and cannot be opened here; ask the sender to send it without encryption, or through your secure portal.")
}

// encryptedPart keeps a part of a multipart/encrypted as a file.
func (w *walker) encryptedPart(s *scanner, h *header, ct, disp value, typ string, pl place) *node {
	w.leafAttachment(s, h, ct, disp, typ, pl)
	return nil
}

// encrypted notes that the mail cannot be read without a key: "smime" or "pgp". Of a mail attached to it only the problem is told.
func (w *walker) encrypted(kind string) {
	sentence := smimeEncrypted
	if kind == "pgp" {
		sentence = pgpEncrypted
	}
	w.problem("%s", sentence)
	if w.msg == w.shared.msg && w.msg.Encrypted == "" {
		w.msg.Encrypted = kind
	}
}
