package main

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// tomlDocument is the text of a configuration file with the line of each key, and what was found to be wrong with it.
//
// go-toml stops at the first value that does not fit and knows no suggestions. So the file is walked once with its
// parser first, against the fields of Config, which finds all unknown keys and wrong values with their lines; only a
// file without any goes through go-toml's strict decoder.
type tomlDocument struct {
	file     string
	text     []byte
	lines    map[string]int // by path: "mailbox[0].address"; tables too
	tables   map[string]int // how many [[...]] of a path there are
	problems []Problem
}

func newDocument(file string, text []byte) *tomlDocument {
	return &tomlDocument{file: file, text: text, lines: make(map[string]int), tables: make(map[string]int)}
}

// wrong notes a problem at a key; with a path that the file does not have, at the nearest table above it.
func (d *tomlDocument) wrong(path, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for {
		if line, ok := d.lines[path]; ok {
			d.at(line, "%s", text)
			return
		}
		cut := strings.LastIndexByte(path, '.')
		if cut < 0 {
			d.at(0, "%s", text)
			return
		}
		path = path[:cut]
	}
}

func (d *tomlDocument) at(line int, format string, args ...any) {
	d.problems = append(d.problems, Problem{line, fmt.Sprintf(format, args...)})
}

// has tells whether the file sets a key.
func (d *tomlDocument) has(path string) bool {
	_, ok := d.lines[path]
	return ok
}

func (d *tomlDocument) err() error {
	if len(d.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(d.problems, func(a, b Problem) int { return a.Line - b.Line })
	return &ConfigError{d.file, d.problems}
}

// decode fills c with the file's values and the defaults of the others. It reports false when there were problems,
// which leave c without meaning.
func (d *tomlDocument) decode(c *Config) bool {
	var whole map[string]any
	if err := toml.Unmarshal(d.text, &whole); err != nil {
		d.notTOML(err)
		return false
	}
	if d.walk(); len(d.problems) > 0 {
		return false
	}
	decoder := toml.NewDecoder(bytes.NewReader(d.text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(c); err != nil {
		d.notTOML(err) // the walk has seen no problem, so this is one that it does not know
		return false
	}
	d.setDefaults(reflect.ValueOf(c).Elem(), "")
	return true
}

func (d *tomlDocument) notTOML(err error) {
	if decodeErr, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, _ := decodeErr.Position()
		text := strings.TrimPrefix(decodeErr.Error(), "toml: ")
		if strings.Contains(text, "already") { // of keys and tables: TOML says it well
			d.at(line, "%s: keep one of them", text)
			return
		}
		d.at(line, `this line is no TOML (%s): write key = "value", with text in quotes`, text)
		return
	}
	d.at(0, "the file is no TOML: %s", strings.TrimPrefix(err.Error(), "toml: "))
}

// walk compares every key of the file with the fields of Config.
func (d *tomlDocument) walk() {
	parser := unstable.Parser{}
	parser.Reset(d.text)
	path, table, known := "", reflect.TypeFor[Config](), true
	for parser.NextExpression() {
		node := parser.Expression()
		keys, line := d.keys(&parser, node)
		switch node.Kind {
		case unstable.Table, unstable.ArrayTable:
			path, table, known = d.open(keys, line, node.Kind == unstable.ArrayTable)
		case unstable.KeyValue:
			if known {
				d.keyValue(&parser, path, table, keys, line, node.Value())
			}
		}
	}
	if err := parser.Error(); err != nil {
		d.at(0, "the file is no TOML: %v", err)
	}
}

func (d *tomlDocument) keys(parser *unstable.Parser, node *unstable.Node) (keys []string, line int) {
	for it := node.Key(); it.Next(); {
		if line == 0 {
			line = parser.Shape(it.Node().Raw).Start.Line
		}
		keys = append(keys, string(it.Node().Data))
	}
	return keys, line
}

// open finds the table that a [header] or [[header]] names.
func (d *tomlDocument) open(keys []string, line int, array bool) (path string, table reflect.Type, known bool) {
	table = reflect.TypeFor[Config]()
	for i, key := range keys {
		field, ok := fieldOf(table, key)
		last := i == len(keys)-1
		if !ok || kindOf(field.Type) != ofTable && kindOf(field.Type) != ofTables {
			d.unknownTable(table, path, key, line, ok)
			return "", nil, false
		}
		path = join(path, key)
		if kindOf(field.Type) == ofTable {
			if last && array {
				d.at(line, "[[%s]] is no list: write [%s]", strings.Join(keys, "."), strings.Join(keys, "."))
				return "", nil, false
			}
			table = field.Type
			continue
		}
		table = field.Type.Elem()
		switch {
		case last && !array:
			d.at(line, "there may be several of [%s]: write [[%s]]", strings.Join(keys, "."), strings.Join(keys, "."))
			return "", nil, false
		case last:
			d.tables[path]++
		case d.tables[path] == 0:
			d.at(line, "[%s] belongs to a [[%s]], which must stand above it", strings.Join(keys, "."), strings.Join(keys[:i+1], "."))
			return "", nil, false
		}
		path += fmt.Sprintf("[%d]", d.tables[path]-1)
	}
	if _, seen := d.lines[path]; !seen {
		d.lines[path] = line
	}
	return path, table, true
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// keyValue checks one key = value; the key may be dotted.
func (d *tomlDocument) keyValue(parser *unstable.Parser, path string, table reflect.Type, keys []string, line int, value *unstable.Node) {
	for i, key := range keys {
		field, ok := fieldOf(table, key)
		if !ok {
			d.unknownKey(table, path, key, line)
			return
		}
		path = join(path, key)
		if i == len(keys)-1 {
			d.lines[path] = line
			d.value(parser, path, field, line, value)
			return
		}
		if kindOf(field.Type) != ofTable {
			d.at(line, "%s has nothing below it: write only %s", key, path)
			return
		}
		if _, seen := d.lines[path]; !seen {
			d.lines[path] = line
		}
		table = field.Type
	}
}

func (d *tomlDocument) value(parser *unstable.Parser, path string, field reflect.StructField, line int, value *unstable.Node) {
	name := field.Tag.Get("toml")
	switch kindOf(field.Type) {
	case ofTable:
		if value.Kind != unstable.InlineTable {
			d.at(line, "%s is a table: write [%s] on a line of its own and its keys under it", name, path)
			return
		}
		d.inline(parser, path, field.Type, value)
	case ofTables:
		if value.Kind != unstable.Array {
			d.at(line, "there may be several of %s: write [[%s]] on a line of its own and its keys under it", name, name)
			return
		}
		for it := value.Children(); it.Next(); {
			element := fmt.Sprintf("%s[%d]", path, d.tables[path])
			d.tables[path]++
			d.lines[element] = line
			if it.Node().Kind != unstable.InlineTable {
				d.at(line, "each of %s is a table: write [[%s]] on a line of its own and its keys under it", name, name)
				return
			}
			d.inline(parser, element, field.Type.Elem(), it.Node())
		}
	case ofList:
		if value.Kind != unstable.Array {
			d.at(line, `%s is a list: write %s = ["..."]`, name, name)
			return
		}
		for it := value.Children(); it.Next(); {
			d.scalar(name, field.Type.Elem(), "", line, it.Node())
		}
	default:
		d.scalar(name, field.Type, field.Tag.Get("oneof"), line, value)
	}
}

func (d *tomlDocument) inline(parser *unstable.Parser, path string, table reflect.Type, node *unstable.Node) {
	for it := node.Children(); it.Next(); {
		if it.Node().Kind != unstable.KeyValue {
			continue
		}
		keys, line := d.keys(parser, it.Node())
		d.keyValue(parser, path, table, keys, line, it.Node().Value())
	}
}

// scalar checks a single value against the type of its field, by the very method that decoding calls.
func (d *tomlDocument) scalar(name string, t reflect.Type, oneof string, line int, value *unstable.Node) {
	into := reflect.New(t)
	if number, ok := into.Interface().(interface{ checkNumber(int64) error }); ok {
		n, err := strconv.ParseInt(strings.ReplaceAll(string(value.Data), "_", ""), 0, 64)
		if value.Kind != unstable.Integer || err != nil || number.checkNumber(n) != nil {
			d.at(line, "%s: write a whole number above zero, without quotes", name)
		}
		return
	}
	if t.Kind() == reflect.Bool {
		if value.Kind != unstable.Bool {
			d.at(line, "%s: write true or false, without quotes", name)
		}
		return
	}
	if value.Kind == unstable.Array || value.Kind == unstable.InlineTable {
		d.at(line, `%s is a single text: write %s = "..."`, name, name)
		return
	}
	if value.Kind != unstable.String {
		d.at(line, `%s is text: write it in quotes, %s = %q`, name, name, value.Data)
		return
	}
	if strings.ContainsFunc(string(value.Data), func(r rune) bool { return r < ' ' || r == 0x7f }) {
		d.at(line, "%s holds a line break or control character: write it on one line", name)
		return
	}
	if text, ok := into.Interface().(encoding.TextUnmarshaler); ok {
		if err := text.UnmarshalText(value.Data); err != nil {
			d.at(line, "%s = %q: %v", name, value.Data, err)
		}
		return
	}
	if choices := strings.Fields(oneof); len(choices) > 0 && !slices.Contains(choices, string(value.Data)) {
		d.at(line, "%s = %q: write %s", name, value.Data, orList(choices))
	}
}

// orList writes "a", "b" or "c".
func orList(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = strconv.Quote(word)
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " or " + quoted[len(quoted)-1]
}

// setDefaults gives every key that the file does not set its default.
func (d *tomlDocument) setDefaults(table reflect.Value, path string) {
	for _, field := range fieldsOf(table.Type()) {
		value := table.FieldByIndex(field.Index)
		at := join(path, field.Tag.Get("toml"))
		switch kindOf(field.Type) {
		case ofTable:
			d.setDefaults(value, at)
		case ofTables:
			for i := range value.Len() {
				d.setDefaults(value.Index(i), fmt.Sprintf("%s[%d]", at, i))
			}
		case ofScalar:
			if text := field.Tag.Get("default"); text != "" && !d.has(at) {
				setText(value, text)
			}
		}
	}
}

// setText sets a field from the text of its default. The defaults are ours: one that does not fit is a mistake that the
// first test finds.
func setText(value reflect.Value, text string) {
	if into, ok := value.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if err := into.UnmarshalText([]byte(text)); err != nil {
			panic(fmt.Sprintf("default %q: %v", text, err))
		}
		return
	}
	switch value.Kind() {
	case reflect.String:
		value.SetString(text)
	case reflect.Bool:
		value.SetBool(text == "true")
	default:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			panic(fmt.Sprintf("default %q: %v", text, err))
		}
		value.SetInt(n)
	}
}

// The kinds of fields.
const (
	ofScalar = iota
	ofList   // of scalars
	ofTable
	ofTables // [[...]]
)

func kindOf(t reflect.Type) int {
	switch {
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return ofScalar
	case t.Kind() == reflect.Struct:
		return ofTable
	case t.Kind() == reflect.Slice && kindOf(t.Elem()) == ofTable:
		return ofTables
	case t.Kind() == reflect.Slice:
		return ofList
	}
	return ofScalar
}

// fieldsOf returns the keys of a table, those of embedded structs among them.
func fieldsOf(table reflect.Type) []reflect.StructField {
	var fields []reflect.StructField
	for _, field := range reflect.VisibleFields(table) {
		if tag := field.Tag.Get("toml"); tag != "" && tag != "-" {
			fields = append(fields, field)
		}
	}
	return fields
}

func fieldOf(table reflect.Type, key string) (reflect.StructField, bool) {
	for _, field := range fieldsOf(table) {
		if field.Tag.Get("toml") == key {
			return field, true
		}
	}
	return reflect.StructField{}, false
}

// setDefaults makes the queue that exists without being written.
func (q *QueueConfig) setDefaults() {
	newDocument("", nil).setDefaults(reflect.ValueOf(q).Elem(), "queue")
}
