package store

import (
	"crypto/rand"
	"encoding/binary"
	"sync/atomic"
	"time"
)

// idCounter starts at a random place, so that two processes that make ids in the same millisecond start apart.
var idCounter = func() *atomic.Uint32 {
	var b [4]byte
	rand.Read(b[:])
	c := new(atomic.Uint32)
	c.Store(binary.BigEndian.Uint32(b[:]))
	return c
}()

// NewID makes the id of a new row: milliseconds since 2020 above 22 bits that count up from a random start. Ids of one
// process grow; of several they grow within a millisecond. Should two meet, the primary key refuses the second, its
// transaction fails, and the work is done again under another id.
func NewID(now time.Time) int64 {
	return FirstID(now) | int64(idCounter.Add(1)&(1<<22-1))
}

// FirstID is not above any id made at that moment or later, and above all that were made in an earlier millisecond: to
// find rows by time through their primary key.
func FirstID(at time.Time) int64 {
	const epoch = 1577836800000 // 2020-01-01, so that 41 bits last until 2089
	return max(0, at.UnixMilli()-epoch) << 22
}

// NewID makes the id of a row that this transaction inserts.
func (tx *Tx) NewID() int64 { return NewID(tx.Now) }
