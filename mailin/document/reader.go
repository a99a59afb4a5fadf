package document

import (
	"context"
	"errors"
	"io"
)

// Reader reads documents in child processes. It is safe for concurrent use.
type Reader struct{ opts Options }

// NewReader makes a reader. It starts nothing.
func NewReader(opts Options) *Reader { return &Reader{opts} }

// Read reads one document of at most size bytes. The error is of our own (a child that cannot be started, a broken
// content stream) or the context's; what is wrong with the document is in Text.Problems, beside what could be read of it.
func (r *Reader) Read(ctx context.Context, content io.Reader, size int64, hint Hint) (Text, error) {
	return Text{}, errors.ErrUnsupported
}
