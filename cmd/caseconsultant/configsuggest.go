package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// secretKeys are names under which people write a secret itself into the file.
var secretKeys = map[string]string{
	"password": "password", "pass": "password", "passwd": "password", "secret": "password", "token": "password",
	"client_secret": "client_secret", "refresh_token": "refresh_token",
}

// unknownKey says what to write instead of a key that there is not.
func (d *tomlDocument) unknownKey(table reflect.Type, path, key string, line int) {
	where := "at the top of the file, outside any table"
	if path != "" {
		where = "in [" + withoutNumbers(path) + "]"
	}
	if base, ok := secretKeys[key]; ok {
		if _, takes := fieldOf(table, base+"_env"); takes {
			d.at(line, `%s: secrets do not belong into this file: write %s_env = "NAME" (an environment variable), %s_file = "PATH" or %s_command = ["PROGRAM", "ARGUMENT"]`,
				key, base, base, base)
			return
		}
	}
	known := keysOf(table)
	switch near := nearest(key, known); {
	case near != "":
		d.at(line, "there is no key %q %s: did you mean %q?", key, where, near)
	case len(homesOf(key)) > 0:
		d.at(line, "there is no key %q %s: it belongs into %s", key, where, strings.Join(homesOf(key), " or "))
	default:
		d.at(line, "there is no key %q %s: there are %s", key, where, strings.Join(known, ", "))
	}
}

// unknownTable says what to write instead of a table that there is not.
func (d *tomlDocument) unknownTable(table reflect.Type, path, key string, line int, isKey bool) {
	if isKey {
		d.at(line, "%s is a key, no table: write %s = ... under its table", key, key)
		return
	}
	var known []string
	for _, field := range fieldsOf(table) {
		if kind := kindOf(field.Type); kind == ofTable || kind == ofTables {
			known = append(known, field.Tag.Get("toml"))
		}
	}
	if near := nearest(key, known); near != "" {
		d.at(line, "there is no table [%s]: did you mean [%s]?", withoutNumbers(join(path, key)), withoutNumbers(join(path, near)))
		return
	}
	if len(known) == 0 {
		d.at(line, "there is no table [%s]: [%s] has only keys", withoutNumbers(join(path, key)), withoutNumbers(path))
		return
	}
	d.at(line, "there is no table [%s]: there are %s", withoutNumbers(join(path, key)), strings.Join(known, ", "))
}

func withoutNumbers(path string) string {
	for {
		before, rest, ok := strings.Cut(path, "[")
		if !ok {
			return path
		}
		_, after, _ := strings.Cut(rest, "]")
		path = before + after
	}
}

func keysOf(table reflect.Type) []string {
	var keys []string
	for _, field := range fieldsOf(table) {
		keys = append(keys, field.Tag.Get("toml"))
	}
	return keys
}

// homesOf returns the tables that have a key.
func homesOf(key string) []string {
	var homes []string
	var look func(table reflect.Type, path string)
	look = func(table reflect.Type, path string) {
		for _, field := range fieldsOf(table) {
			name := field.Tag.Get("toml")
			switch kindOf(field.Type) {
			case ofTable:
				look(field.Type, join(path, name))
			case ofTables:
				look(field.Type.Elem(), "["+join(path, name)+"]")
			}
			if name == key && path != "" {
				homes = append(homes, fmt.Sprintf("[%s]", path))
			}
		}
	}
	look(reflect.TypeFor[Config](), "")
	return homes
}

// nearest returns the known word that was probably meant, or "".
func nearest(word string, known []string) string {
	best, bestAt := "", 0
	for _, candidate := range known {
		distance := editDistance(strings.ToLower(word), candidate)
		if strings.EqualFold(strings.NewReplacer("-", "_", " ", "_").Replace(word), candidate) {
			distance = 0
		}
		if best == "" || distance < bestAt {
			best, bestAt = candidate, distance
		}
	}
	if best == "" || bestAt > max(1, min(len(word), len(best))/3) {
		return ""
	}
	return best
}

// editDistance counts the letters to insert, remove, replace or swap with their neighbour (optimal string alignment).
func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = slices.Min([]int{rows[i-1][j] + 1, rows[i][j-1] + 1, rows[i-1][j-1] + change})
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// notYet lists, a sentence each, the keys that are set to something other than their default although what they govern
// is not built yet.
func (d *tomlDocument) notYet(c *Config) []string {
	var list []string
	var look func(table reflect.Value, path string)
	look = func(table reflect.Value, path string) {
		for _, field := range fieldsOf(table.Type()) {
			value := table.FieldByIndex(field.Index)
			at := join(path, field.Tag.Get("toml"))
			switch kindOf(field.Type) {
			case ofTable:
				look(value, at)
			case ofTables:
				for i := range value.Len() {
					look(value.Index(i), fmt.Sprintf("%s[%d]", at, i))
				}
			default:
				later := field.Tag.Get("later")
				if later == "" || !d.has(at) {
					continue
				}
				normal := reflect.New(field.Type).Elem()
				if text := field.Tag.Get("default"); text != "" {
					setText(normal, text)
				}
				if !reflect.DeepEqual(value.Interface(), normal.Interface()) {
					list = append(list, fmt.Sprintf("line %d: %s does nothing in this version: %s", d.lines[at], withoutNumbers(at), later))
				}
			}
		}
	}
	look(reflect.ValueOf(c).Elem(), "")
	if len(c.Plans) > 0 {
		list = append(list, fmt.Sprintf("line %d: [[plan]] does nothing in this version: every asker gets every code in full", d.lines["plan[0]"]))
	}
	return list
}
