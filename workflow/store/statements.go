package store

import (
	"container/list"
	"context"
	"database/sql/driver"
	"errors"

	"modernc.org/sqlite"
)

// keptStatements is how many compiled statements a SQLite connection keeps. Ours and River's together are about two
// hundred; the ones with lists of varying length come and go.
const keptStatements = 400

// statementKeeper opens SQLite connections that keep their compiled statements. Compiling took a third of the time of a
// mail's way along the line: database/sql compiles a text again at every call that is not made through its Stmt, and
// River's queries are not.
type statementKeeper struct {
	driver *sqlite.Driver
	dsn    string
}

// Connect implements driver.Connector.
func (k statementKeeper) Connect(context.Context) (driver.Conn, error) {
	conn, err := k.driver.Open(k.dsn)
	if err != nil {
		return nil, err
	}
	inner, ok := conn.(sqliteConn)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver has changed: its connections lack methods that this program needs"), conn.Close())
	}
	return &keepingConn{sqliteConn: inner, kept: make(map[string]*list.Element)}, nil
}

// Driver implements driver.Connector.
func (k statementKeeper) Driver() driver.Driver { return k.driver }

// sqliteConn is what a connection of modernc.org/sqlite can do.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// keepingConn keeps compiled statements by their text. Like every driver.Conn it is used by one goroutine at a time. A
// statement whose rows are being read is not kept meanwhile: the same text run beside it is compiled anew. SQLite
// compiles by itself again what a change of the schema has outdated.
type keepingConn struct {
	sqliteConn
	kept  map[string]*list.Element // of *keptStatement
	order list.List                // most recently used first
}

type keptStatement struct {
	text string
	stmt sqliteStmt
}

type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type observerKey struct{}

// Observed is a context under which each statement run on SQLite is first told to f, with its arguments, from the goroutine that runs it. Tests look at
// the plans of what they see, which are the same whatever the machine has to do beside.
func Observed(ctx context.Context, f func(text string, args []driver.NamedValue)) context.Context {
	return context.WithValue(ctx, observerKey{}, f)
}

func observe(ctx context.Context, text string, args []driver.NamedValue) {
	if f, ok := ctx.Value(observerKey{}).(func(string, []driver.NamedValue)); ok {
		f(text, args)
	}
}

// take removes a compiled statement from what is kept, or compiles it. nil without an error: it is run by its text.
func (c *keepingConn) take(ctx context.Context, text string) (sqliteStmt, error) {
	const longest = 8 << 10 // longer texts are scripts of migrations
	if len(text) > longest {
		return nil, nil
	}
	if e, ok := c.kept[text]; ok {
		delete(c.kept, text)
		return c.order.Remove(e).(*keptStatement).stmt, nil
	}
	stmt, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	inner, ok := stmt.(sqliteStmt)
	if !ok {
		return nil, stmt.Close()
	}
	return inner, nil
}

func (c *keepingConn) keep(text string, stmt sqliteStmt) error {
	if _, ok := c.kept[text]; ok {
		return stmt.Close()
	}
	c.kept[text] = c.order.PushFront(&keptStatement{text, stmt})
	if c.order.Len() <= keptStatements {
		return nil
	}
	oldest := c.order.Remove(c.order.Back()).(*keptStatement)
	delete(c.kept, oldest.text)
	return oldest.stmt.Close()
}

// ExecContext implements driver.ExecerContext.
func (c *keepingConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	observe(ctx, text, args)
	stmt, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	if stmt == nil {
		return c.sqliteConn.ExecContext(ctx, text, args)
	}
	result, err := stmt.ExecContext(ctx, args)
	if err != nil {
		// What failed is compiled anew next time, and the error that counts is this one.
		stmt.Close()
		return nil, err
	}
	return result, c.keep(text, stmt)
}

// QueryContext implements driver.QueryerContext.
func (c *keepingConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	observe(ctx, text, args)
	stmt, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	if stmt == nil {
		return c.sqliteConn.QueryContext(ctx, text, args)
	}
	rows, err := stmt.QueryContext(ctx, args)
	if err != nil {
		stmt.Close()
		return nil, err
	}
	return &keepingRows{Rows: rows, conn: c, text: text, stmt: stmt}, nil
}

// Close implements driver.Conn.
func (c *keepingConn) Close() error {
	var errs []error
	for e := c.order.Front(); e != nil; e = e.Next() {
		errs = append(errs, e.Value.(*keptStatement).stmt.Close())
	}
	c.kept, c.order = nil, list.List{}
	return errors.Join(append(errs, c.sqliteConn.Close())...)
}

// keepingRows gives the statement back when its rows have been read.
type keepingRows struct {
	driver.Rows
	conn   *keepingConn
	text   string
	stmt   sqliteStmt
	closed bool
}

// Close implements driver.Rows.
func (r *keepingRows) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	if err := r.Rows.Close(); err != nil {
		return errors.Join(err, r.stmt.Close())
	}
	if r.conn.kept == nil {
		return r.stmt.Close()
	}
	return r.conn.keep(r.text, r.stmt)
}
