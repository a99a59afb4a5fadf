package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// ChunkSize is the most plain bytes that one row of content holds. A 25 MB mail as one value costs over 200 MB of
// memory; in chunks it costs a few.
const ChunkSize = 256 << 10

// WriteContent seals r in chunks under a key and returns the content's id and size in bytes. r must not be a network
// connection: a transaction is open while it is read.
func (tx *Tx) WriteContent(ctx context.Context, keyID int64, r io.Reader) (id, size int64, err error) {
	aead, err := tx.db.aead(ctx, tx, keyID)
	if err != nil {
		return 0, 0, fmt.Errorf("write content: %w", err)
	}
	id = tx.NewID()
	if _, err := tx.ExecContext(ctx, `INSERT INTO contents (id, key_id, size, chunks, created_at) VALUES ($1, $2, 0, 0, $3)`,
		id, keyID, tx.Now.UnixMilli()); err != nil {
		return 0, 0, fmt.Errorf("write content: %w", err)
	}
	buf := make([]byte, ChunkSize)
	var sealed []byte
	seq := int64(0)
	for {
		n, readErr := io.ReadFull(r, buf)
		if readErr != nil && readErr != io.EOF && readErr != io.ErrUnexpectedEOF {
			return 0, 0, fmt.Errorf("write content %d: read its source: %w", id, readErr)
		}
		if n > 0 {
			sealed = aead.Seal(sealed[:0], nil, buf[:n], chunkPlace(id, seq))
			if _, err := tx.ExecContext(ctx, `INSERT INTO content_chunks (content_id, seq, sealed) VALUES ($1, $2, $3)`,
				id, seq, sealed); err != nil {
				return 0, 0, fmt.Errorf("write content %d: %w", id, err)
			}
			seq++
			size += int64(n)
		}
		if readErr != nil {
			break
		}
	}
	if _, err := tx.ExecContext(ctx, `UPDATE contents SET size = $2, chunks = $3 WHERE id = $1`, id, size, seq); err != nil {
		return 0, 0, fmt.Errorf("write content %d: %w", id, err)
	}
	return id, size, nil
}

// chunkPlace ties a chunk to its content and its number, so that chunks can be neither swapped nor repeated. A missing
// end is noticed by the size.
func chunkPlace(id, seq int64) []byte { return fmt.Appendf(nil, "contents/%d/%d", id, seq) }

// Content is sealed content being read, one chunk in memory at a time.
type Content struct {
	ID, Size int64

	ctx    context.Context
	db     *DB
	keyID  int64
	chunks int64
	next   int64
	read   int64
	plain  []byte
}

// OpenContent opens content for reading. No transaction and no rows stay open between reads, so a slow reader holds up
// nobody.
func (db *DB) OpenContent(ctx context.Context, id int64) (*Content, error) {
	c := &Content{ID: id, ctx: ctx, db: db}
	if err := db.Read.QueryRowContext(ctx, `SELECT key_id, size, chunks FROM contents WHERE id = $1`, id).
		Scan(&c.keyID, &c.Size, &c.chunks); err != nil {
		return nil, fmt.Errorf("open content %d: %w", id, err)
	}
	return c, nil
}

// Read implements io.Reader.
func (c *Content) Read(p []byte) (int, error) {
	for len(c.plain) == 0 {
		if c.next == c.chunks {
			if c.read != c.Size {
				return 0, fmt.Errorf("read content %d: %w", c.ID, errors.Join(ErrSeal, io.ErrUnexpectedEOF))
			}
			return 0, io.EOF
		}
		if err := c.load(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.plain)
	c.plain = c.plain[n:]
	return n, nil
}

func (c *Content) load() error {
	aead, err := c.db.aead(c.ctx, c.db.keys, c.keyID)
	if err != nil {
		return fmt.Errorf("read content %d: %w", c.ID, err)
	}
	var sealed []byte
	if err := c.db.Read.QueryRowContext(c.ctx, `SELECT sealed FROM content_chunks WHERE content_id = $1 AND seq = $2`,
		c.ID, c.next).Scan(&sealed); err != nil {
		return fmt.Errorf("read content %d, chunk %d: %w", c.ID, c.next, err)
	}
	if c.plain, err = aead.Open(sealed[:0], nil, sealed, chunkPlace(c.ID, c.next)); err != nil {
		return fmt.Errorf("read content %d, chunk %d: %w", c.ID, c.next, ErrSeal)
	}
	c.next++
	c.read += int64(len(c.plain))
	return nil
}

// Close implements io.Closer; there is nothing to give back.
func (c *Content) Close() error { return nil }

// ReadContent reads content whole. For content known to be small: what was parsed, what was composed.
func (db *DB) ReadContent(ctx context.Context, id int64) ([]byte, error) {
	c, err := db.OpenContent(ctx, id)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	buf.Grow(int(c.Size))
	if _, err := buf.ReadFrom(c); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
