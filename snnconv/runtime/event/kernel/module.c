/* The border between Python and the kernel. Arrays come as buffers; nothing is allocated for the caller. */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>

#include "bits.h"
#include "kernel.h"

/* Buffers that are held during a call. */
typedef struct {
    Py_buffer *views;
    int count, room;
} Held;

static void release(Held *held) {
    for (int i = 0; i < held->count; i++) PyBuffer_Release(held->views + i);
    PyMem_Free(held->views);
}

/* The end of a call: None, or NULL where an error is set. */
static PyObject *finished(Held *held) {
    release(held);
    if (PyErr_Occurred()) return NULL;
    Py_RETURN_NONE;
}

/* The memory of an array with at least `items` items of `size` bytes; None gives NULL. Sets an error and gives NULL
 * where it does not fit. */
static void *memory_of(Held *held, PyObject *object, int64_t items, int64_t size, int writable) {
    if (object == Py_None) return NULL;
    if (held->count == held->room) {
        const int room = held->room ? 2 * held->room : 32;
        Py_buffer *views = PyMem_Realloc(held->views, (size_t)room * sizeof *views);
        if (!views) {
            PyErr_NoMemory();
            return NULL;
        }
        held->views = views;
        held->room = room;
    }
    Py_buffer *view = held->views + held->count;
    if (PyObject_GetBuffer(object, view, writable ? PyBUF_CONTIG : PyBUF_CONTIG_RO)) return NULL;
    held->count++;
    if (view->itemsize != size || view->len < items * size) {
        PyErr_Format(PyExc_ValueError, "a buffer of %zd items of %zd bytes, expected %lld of %lld", view->len / view->itemsize,
                     view->itemsize, (long long)items, (long long)size);
        return NULL;
    }
    return view->buf;
}

/* More steps than there is room for would be written behind the buffers. */
static int fits(int steps, int capacity) {
    if (steps >= 0 && steps <= capacity) return 1;
    PyErr_Format(PyExc_ValueError, "%d steps, there is room for %d", steps, capacity);
    return 0;
}

static int isa_at(int index, const Isa **isa) {
    for (int i = 0; ISAS[i]; i++)
        if (i == index && ISAS[i]->available()) {
            *isa = ISAS[i];
            return 1;
        }
    PyErr_SetString(PyExc_ValueError, "no such instruction set on this machine");
    return 0;
}

static PyObject *isas(PyObject *self, PyObject *unused) {
    (void)self, (void)unused;
    PyObject *list = PyList_New(0);
    for (int i = 0; list && ISAS[i]; i++) {
        PyObject *pair = Py_BuildValue("(sO)", ISAS[i]->name, ISAS[i]->available() ? Py_True : Py_False);
        if (!pair || PyList_Append(list, pair)) Py_CLEAR(list);
        Py_XDECREF(pair);
    }
    return list;
}

/* The items of a tuple as C structs; NULL and an error where there is no memory. */
static void *array_of(PyObject *tuple, size_t size, int32_t *count) {
    *count = (int32_t)PyTuple_Size(tuple);
    if (*count < 0) return NULL;
    void *items = PyMem_Calloc((size_t)*count + 1, size);
    if (!items) PyErr_NoMemory();
    return items;
}

static int read_sources(Held *held, PyObject *tuple, int images, Spikes *sources) {
    for (Py_ssize_t i = 0; i < PyTuple_Size(tuple); i++) {
        PyObject *bits;
        long long image_stride, step_stride;
        if (!PyArg_ParseTuple(PyTuple_GetItem(tuple, i), "OLL", &bits, &image_stride, &step_stride)) return 0;
        sources[i] = (Spikes){memory_of(held, bits, images * image_stride, 2, 0), image_stride, step_stride};
        if (PyErr_Occurred()) return 0;
    }
    return 1;
}

static int read_parts(Held *held, PyObject *tuple, int64_t pixels, Part *parts) {
    for (Py_ssize_t i = 0; i < PyTuple_Size(tuple); i++) {
        Part *part = parts + i;
        PyObject *cells, *starts, *taps, *weights;
        if (!PyArg_ParseTuple(PyTuple_GetItem(tuple, i), "iiiiiiOOOO", &part->first_block, &part->blocks, &part->method,
                              &part->panel, &part->row_count, &part->cell_count, &cells, &starts, &taps, &weights))
            return 0;
        const int64_t rows = part->method == LISTS ? part->row_count + 1 : part->row_count / 8 * TABLE_ROWS;
        part->cells = memory_of(held, cells, 3 * (int64_t)part->cell_count, 4, 0);
        part->starts = memory_of(held, starts, pixels + 1, 4, 0);
        part->taps = memory_of(held, taps, 0, 4, 0);
        part->weights = memory_of(held, weights, part->blocks * rows * BLOCK, 4, 0);
        if (PyErr_Occurred()) return 0;
    }
    return 1;
}

static int read_diagonals(Held *held, PyObject *tuple, const Layer *layer, Diagonal *diagonals) {
    for (Py_ssize_t i = 0; i < PyTuple_Size(tuple); i++) {
        PyObject *offsets, *gain;
        if (!PyArg_ParseTuple(PyTuple_GetItem(tuple, i), "iOO", &diagonals[i].source, &offsets, &gain)) return 0;
        diagonals[i].offsets = memory_of(held, offsets, (int64_t)layer->height * layer->width, 4, 0);
        diagonals[i].gain = memory_of(held, gain, (int64_t)layer->blocks * BLOCK, 4, 0);
        if (PyErr_Occurred()) return 0;
    }
    return 1;
}

static int read_neurons(Held *held, PyObject *tuple, const Layer *layer, Neurons *n) {
    PyObject *membrane, *threshold, *leak, *constant, *out;
    long long threshold_stride, leak_stride;
    if (!PyArg_ParseTuple(tuple, "OOLOLOidO", &membrane, &threshold, &threshold_stride, &leak, &leak_stride, &constant,
                          &n->to_zero, &n->whole_below, &out))
        return 0;
    const int64_t pixels = (int64_t)layer->height * layer->width, channels = (int64_t)layer->blocks * BLOCK;
    n->membrane = memory_of(held, membrane, layer->images * pixels * channels, 8, 1);
    n->threshold = memory_of(held, threshold, (pixels - 1) * threshold_stride + channels, 8, 0);
    n->threshold_stride = threshold_stride;
    n->leak = memory_of(held, leak, (pixels - 1) * leak_stride + channels, 8, 0);
    n->leak_stride = leak_stride;
    n->constant = memory_of(held, constant, layer->images * pixels * channels, 8, 0);
    const int64_t places = (int64_t)layer->height * (layer->width + 2);
    n->out = memory_of(held, out, layer->images * places * layer->capacity * layer->blocks, 2, 1);
    return !PyErr_Occurred();
}

static PyObject *layer(PyObject *self, PyObject *args) {
    (void)self;
    Layer made = {0};
    int isa_index;
    const Isa *isa;
    PyObject *sources, *parts, *diagonals, *bias, *neurons, *current;
    if (!PyArg_ParseTuple(args, "i(iiiiii)O!O!O!OOO", &isa_index, &made.images, &made.height, &made.width, &made.blocks,
                          &made.steps, &made.capacity, &PyTuple_Type, &sources, &PyTuple_Type, &parts, &PyTuple_Type,
                          &diagonals, &bias, &neurons, &current) ||
        !fits(made.steps, made.capacity) || !isa_at(isa_index, &isa))
        return NULL;
    Held held = {0};
    const int64_t pixels = (int64_t)made.height * made.width;
    Spikes *source_items = array_of(sources, sizeof *source_items, &made.source_count);
    Part *part_items = array_of(parts, sizeof *part_items, &made.part_count);
    Diagonal *diagonal_items = array_of(diagonals, sizeof *diagonal_items, &made.diagonal_count);
    int failed = 1;
    if (source_items && part_items && diagonal_items && read_sources(&held, sources, made.images, source_items) &&
        read_parts(&held, parts, pixels, part_items) && read_diagonals(&held, diagonals, &made, diagonal_items) &&
        (neurons == Py_None || read_neurons(&held, neurons, &made, &made.neurons))) {
        made.sources = source_items;
        made.parts = part_items;
        made.diagonals = diagonal_items;
        made.bias = memory_of(&held, bias, (int64_t)made.blocks * BLOCK, 4, 0);
        if (!made.bias && !PyErr_Occurred()) PyErr_SetString(PyExc_TypeError, "a layer has a bias, None is not one");
        made.current = memory_of(&held, current, made.images * pixels * made.steps * made.blocks * BLOCK, 4, 1);
        if (!PyErr_Occurred()) {
            Py_BEGIN_ALLOW_THREADS
            failed = isa->layer(&made);
            Py_END_ALLOW_THREADS
            if (failed) PyErr_NoMemory();
        }
    }
    release(&held);
    PyMem_Free(source_items);
    PyMem_Free(part_items);
    PyMem_Free(diagonal_items);
    if (failed) return NULL;
    Py_RETURN_NONE;
}

static PyObject *tally(PyObject *self, PyObject *args) {
    (void)self;
    Tally made = {0};
    int isa_index, row_classes, word_count;
    const Isa *isa;
    long long image_stride, step_stride;
    PyObject *bits, *rows, *starts, *words, *counts;
    if (!PyArg_ParseTuple(args, "i(iiii)(OLL)OiiOiOO", &isa_index, &made.images, &made.height, &made.steps, &made.capacity,
                          &bits, &image_stride, &step_stride, &rows, &row_classes, &made.column_classes, &starts,
                          &word_count, &words, &counts) ||
        !fits(made.steps, made.capacity) || !isa_at(isa_index, &isa))
        return NULL;
    Held held = {0};
    made.spikes = (Spikes){memory_of(&held, bits, made.images * image_stride, 2, 0), image_stride, step_stride};
    if (!PyErr_Occurred()) made.row_classes = memory_of(&held, rows, made.height, 4, 0);
    if (!PyErr_Occurred()) made.starts = memory_of(&held, starts, made.column_classes + 1, 4, 0);
    if (!PyErr_Occurred()) made.words = memory_of(&held, words, word_count, sizeof *made.words, 0);
    if (!PyErr_Occurred())
        made.counts =
            memory_of(&held, counts, (int64_t)row_classes * made.column_classes * made.steps * made.images, 8, 1);
    if (!PyErr_Occurred()) {
        Py_BEGIN_ALLOW_THREADS
        isa->tally(&made);
        Py_END_ALLOW_THREADS
    }
    return finished(&held);
}

static PyObject *select_(PyObject *self, PyObject *args) {
    (void)self;
    Select s = {0};
    long long image_stride, step_stride;
    PyObject *bits, *out;
    if (!PyArg_ParseTuple(args, "(OLL)(iiiiiiiii)(iiii)(iiii)(iiii)O", &bits, &image_stride, &step_stride, &s.images,
                          &s.height, &s.width, &s.blocks, &s.out_height, &s.out_width, &s.out_blocks, &s.steps,
                          &s.capacity, &s.rows.first, &s.rows.step, &s.rows.before, &s.rows.end, &s.columns.first,
                          &s.columns.step, &s.columns.before, &s.columns.end, &s.channels.first, &s.channels.step,
                          &s.channels.before, &s.channels.end, &out) ||
        !fits(s.steps, s.capacity))
        return NULL;
    Held held = {0};
    s.spikes = (Spikes){memory_of(&held, bits, s.images * image_stride, 2, 0), image_stride, step_stride};
    if (!PyErr_Occurred())
        s.out = memory_of(&held, out, (int64_t)s.images * s.out_height * s.capacity * (s.out_width + 2) * s.out_blocks, 2, 1);
    if (!PyErr_Occurred()) {
        Py_BEGIN_ALLOW_THREADS
        select_bits(&s);
        Py_END_ALLOW_THREADS
    }
    return finished(&held);
}

static PyObject *pool(PyObject *self, PyObject *args) {
    (void)self;
    Pool p = {0};
    long long image_stride, step_stride;
    PyObject *bits, *out;
    if (!PyArg_ParseTuple(args, "(OLL)(iiiiiiiii)(iiiiii)O", &bits, &image_stride, &step_stride, &p.images, &p.height,
                          &p.width, &p.blocks, &p.channels, &p.out_height, &p.out_width, &p.steps, &p.capacity,
                          &p.kernel_y, &p.kernel_x, &p.stride_y, &p.stride_x, &p.top, &p.left, &out) ||
        !fits(p.steps, p.capacity))
        return NULL;
    Held held = {0};
    p.spikes = (Spikes){memory_of(&held, bits, p.images * image_stride, 2, 0), image_stride, step_stride};
    if (!PyErr_Occurred())
        p.out = memory_of(&held, out, (int64_t)p.steps * p.images * p.out_height * p.out_width * p.channels, 4, 1);
    if (!PyErr_Occurred()) {
        Py_BEGIN_ALLOW_THREADS
        pool_bits(&p);
        Py_END_ALLOW_THREADS
    }
    return finished(&held);
}

static PyMethodDef methods[] = {
    {"isas", isas, METH_NOARGS, "Name the instruction sets it was built for, fastest first, and whether they are here."},
    {"layer", layer, METH_VARARGS, "Run a layer; see kernel.h."},
    {"tally", tally, METH_VARARGS, "Count bits with weights; see kernel.h."},
    {"select", select_, METH_VARARGS, "Slice spikes; see bits.h."},
    {"pool", pool, METH_VARARGS, "Add up spikes over windows; see bits.h."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_kernel", "Event-driven kernels.", 0, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernel(void) { return PyModule_Create(&module); }
