package document

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// SniffStream is Sniff for a document that passes by. rest is the whole document, its first bytes included.
func SniffStream(content io.Reader, hint Hint) (kind Kind, rest io.Reader, err error) {
	head := make([]byte, SniffBytes)
	n, err := io.ReadFull(content, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return None, nil, err
	}
	head = head[:n]
	return Sniff(head, hint), io.MultiReader(bytes.NewReader(head), content), nil
}

// Spool copies content into a private temporary file in dir ("" is the system's), which has no name any more and goes
// with the process, and rewinds it. The caller closes it.
func Spool(dir string, content io.Reader) (*os.File, error) {
	f, err := os.CreateTemp(dir, "caseconsultant-*")
	if err != nil {
		return nil, err
	}
	err = os.Remove(f.Name())
	if err == nil {
		_, err = io.Copy(f, content)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
