package message

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
)

// attachment hands the decoded bytes of an attachment to Options.Attachment and records it. cut says after the end whether the mail broke off.
func (w *walker) attachment(a Attachment, r io.Reader, cut func() bool) {
	i := w.reserve(a)
	at := w.shared.msg.Attachments[i]
	hr := &hashReader{r: r, sum: sha256.New(), left: w.limits.AttachmentBytes, a: &at, cut: cut}
	w.call(&at, hr)
	_, _ = io.Copy(io.Discard, hr)
	if hr.over {
		w.problem("An attachment is larger than %s; only its beginning was kept.", sizeWords(w.limits.AttachmentBytes))
		_, _ = io.Copy(io.Discard, r)
	}
	w.shared.msg.Attachments[i] = at
}

// reserve lists an attachment, so that ids follow the order of the mail.
func (w *walker) reserve(a Attachment) int {
	m := w.shared.msg
	a.ID = strconv.Itoa(len(m.Attachments) + 1)
	m.Attachments = append(m.Attachments, a)
	return len(m.Attachments) - 1
}

// call hands an attachment to the caller, unless an earlier one failed.
func (w *walker) call(a *Attachment, r io.Reader) {
	if w.attach == nil || w.attachErr != nil {
		return
	}
	if err := w.attach(a, r); err != nil {
		w.attachErr = fmt.Errorf("keeping attachment %s: %w", a.ID, err)
	}
}

// deliver hands on a mail that was read through a tap.
func (w *walker) deliver(i int, t *tap) {
	at := w.shared.msg.Attachments[i]
	if t.whole {
		hr := &hashReader{r: bytes.NewReader(t.kept), sum: sha256.New(), left: int64(len(t.kept)) + 1, a: &at}
		w.call(&at, hr)
		_, _ = io.Copy(io.Discard, hr)
	} else {
		at.Truncated = true
		w.problem("An attached mail is larger than %s: its text and its attachments were read, the mail itself is only in the original.",
			sizeWords(embeddedBytes))
	}
	at.Size = t.size
	at.SHA256 = hex.EncodeToString(t.sum.Sum(nil))
	w.shared.tapLeft += len(t.kept)
	t.kept = nil
	w.shared.msg.Attachments[i] = at
}

// hashReader counts and hashes what passes, and stops at a limit.
type hashReader struct {
	r    io.Reader
	sum  hash.Hash
	left int64
	a    *Attachment
	cut  func() bool
	n    int64
	over bool
	done bool
}

func (h *hashReader) Read(p []byte) (int, error) {
	if h.done {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	if h.left <= 0 {
		var one [1]byte
		if n, _ := io.ReadFull(h.r, one[:]); n > 0 {
			h.over = true
		}
		h.end()
		return 0, io.EOF
	}
	if int64(len(p)) > h.left {
		p = p[:h.left]
	}
	n, err := h.r.Read(p)
	h.sum.Write(p[:n])
	h.n += int64(n)
	h.left -= int64(n)
	if err != nil {
		// A mail that cannot be read further is a cut attachment here; Parse returns the error itself.
		if !errors.Is(err, io.EOF) {
			h.a.Truncated = true
		}
		h.end()
		err = io.EOF
	}
	return n, err
}

func (h *hashReader) end() {
	h.done = true
	h.a.Size = h.n
	h.a.SHA256 = hex.EncodeToString(h.sum.Sum(nil))
	if h.over || h.cut != nil && h.cut() {
		h.a.Truncated = true
	}
}

// tap hashes what passes and keeps it while the budget lasts, so that a mail can be read as a mail and handed on as a file.
type tap struct {
	r     io.Reader
	sh    *shared
	sum   hash.Hash
	size  int64
	kept  []byte
	whole bool
}

func newTap(r io.Reader, sh *shared) *tap {
	return &tap{r: r, sh: sh, sum: sha256.New(), whole: true}
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.sum.Write(p[:n])
	t.size += int64(n)
	if t.whole {
		if n <= t.sh.tapLeft {
			t.kept = append(t.kept, p[:n]...)
			t.sh.tapLeft -= n
		} else {
			t.whole = false
			t.sh.tapLeft += len(t.kept)
			t.kept = nil
		}
	}
	return n, err
}
