package slackd

import (
	"encoding/json"
	"fmt"
)

// object is a decoded JSON object.
type object = map[string]any

// str returns a string field of o, or "".
func str(o object, key string) string {
	s, _ := o[key].(string)
	return s
}

// flag returns a boolean field of o, or false.
func flag(o object, key string) bool {
	b, _ := o[key].(bool)
	return b
}

// number returns a numeric field of o.
func number(o object, key string) (float64, bool) {
	n, ok := o[key].(float64)
	return n, ok
}

// child returns an object field of o, or nil.
func child(o object, key string) object {
	c, _ := o[key].(object)
	return c
}

// children returns the objects in an array field of o.
func children(o object, key string) []object {
	list, _ := o[key].([]any)
	return objects(list)
}

// objects returns the objects of a decoded array.
func objects(list []any) []object {
	found := make([]object, 0, len(list))
	for _, v := range list {
		if o, ok := v.(object); ok {
			found = append(found, o)
		}
	}
	return found
}

// text returns the text of a text object field, or "".
func text(o object, key string) string { return str(child(o, key), "text") }

// encode renders a value made of what JSON can hold.
func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", v, err)) // only a value JSON cannot hold gets here: a mistake in this package
	}
	return b
}

// decodeArray parses a JSON array; nil if it is none.
func decodeArray(raw json.RawMessage) []any {
	var list []any
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	return list
}
