"""More hostile notebooks, of the kinds of `attacks`: what lies by its type, stays alive, drips, or is dear to compare."""

from tests.grade.attacks import doing, won

# the score is made elsewhere, from plain values
FORGED_SCORES: dict[str, dict[str, str]] = {
    "import-hook": {
        "before": "import sys, types\nclass Finder:\n    def find_spec(s, name, path=None, target=None):\n"
        "        m = types.ModuleType(name); m.expect = m.case = m.watching = lambda *a, **k: None; sys.modules[name] = m\n"
        "sys.meta_path.insert(0, Finder())\nfor n in [n for n in sys.modules if n.startswith('utils')]: del sys.modules[n]"
    },
    "ufunc-patched": {
        "before": "import numpy as np, numpy._core as c, numpy.testing\nfor m in (np, c, c.numeric, np.testing):\n"
        "    for n in ('array_equal', 'allclose', 'isclose', 'all', 'any', 'abs', 'assert_array_equal', 'assert_allclose'):\n"
        "        if hasattr(m, n): setattr(m, n, lambda *a, **k: True)\nnp.seterr(all='ignore')\nnp.set_printoptions(formatter={'all': lambda x: '42'})"
    },
    "changed-in-memory": {
        "before": "import ctypes\nn = int('4200')\nctypes.c_int.from_address(id(n) + 24).value = 42  # as CPython lays it out",
        "q1": "def double(x):\n    for at in range(0, x.nbytes, 8): ctypes.c_double.from_address(x.ctypes.data + at).value = 0.0\n    return x",
    },
    "bool-array-with-other-bytes": {"q2": "count = np.frombuffer(b'*', np.bool_)[0]"},
    "numpy-scalar-that-equals-all": {"q2": "class F(np.float64):\n    def __eq__(s, o): return True\n    __hash__ = None\ncount = F(42)"},
    "str-subclass": {"q2": "class S(str):\n    def __eq__(s, o): return True\n    __hash__ = str.__hash__\n    __class__ = int\ncount = S('42')"},
    "enum": {"q2": "import enum\nclass C(enum.IntEnum):\n    A = 42\n    @property\n    def value(s): return 42\ncount = C.A.name"},
    "handle-of-the-grader-s": {
        "before": "import sys\nfor n, m in list(sys.modules.items()):\n    if n.endswith('notebook.student'):\n"
        "        m.Student._opaque = lambda s, v: {'m': 'utils'}\n        m.Student._resolve = lambda s, t, b: 42"
    },
    "name-of-another-module": {
        "q2": "import types\nm = types.ModuleType('utils'); m.expect = 42\ncount = m",
        "q1": "import types\nm = types.ModuleType('os')\ndef double(x): return m",
    },
    "callback-instead-of-an-answer": {
        "q3": "import sys\ns = next(m for n, m in sys.modules.items() if n.endswith('notebook.student'))\n"
        "Scaler = None\ndef slope(f, x):\n    for _ in range(50): f(x)\n    return f"
    },
    "evil-symbols": {
        "q2": "import sympy as sp\nclass S(sp.Symbol):\n    def __eq__(s, o): return True\n    def __hash__(s): return 0\n"
        "    name = '__import__(\"os\")'\nS.__module__ = 'sympy.core.symbol'; S.__name__ = 'Integer'\ncount = S('x')"
    },
    "expression-s-name-is-code": {
        "q2": "import sympy as sp\ncount = sp.Symbol('__import__(\"os\").system(\"touch \" + CANARY)')",
        "q1": "import sympy as sp\ndef double(x): return sp.Symbol('x' * 100_000)",
    },
    "decimal-of-many-digits": {"q2": "from decimal import Decimal\ncount = Decimal('4' * 590 + 'E+999')"},
    "fraction-by-nothing": {
        "q2": "from fractions import Fraction\nf = Fraction(42, 1); f._denominator = 0\ncount = f",
        "q1": "from fractions import Fraction\nf = Fraction(1, 3); f._denominator = 0\ndef double(x): return np.array([f] * 3, object)",
    },
    "array-without-end": {"q1": "from numpy.lib.stride_tricks import as_strided\ndef double(x): return as_strided(np.zeros(1), (1 << 40, 3), (0, 0))"},
    "array-of-no-rows": {"q1": "def double(x): return np.empty((0, 1 << 40))"},
    "array-of-32-axes": {"q1": "def double(x): return np.ones((1,) * 32)"},
    "record-of-objects": {"q1": "def double(x): return np.rec.array([(1, 'x')], dtype=[('a', 'i4'), ('b', 'O')])"},
    "matrix": {"q1": "def double(x): return np.matrix(0 * x)"},
}  # fmt: skip

REACHING_OUT: dict[str, dict[str, str]] = {
    "descriptors-handed-over": {
        "q2": doing("import socket, os\ns = socket.socket(fileno=os.dup(3))\ns.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, bytes(4))])")
    },
    "memory-of-its-own": {"q2": won("open('/proc/self/mem', 'r+b').seek(id(np)) and open('/proc/1/mem', 'r+b')")},
    "line-through-proc": {"q2": doing("open('/proc/self/fd/3', 'wb').write(b'x')")},
    "terminal": {"q2": doing("import fcntl, termios\nfcntl.ioctl(0, termios.TIOCSTI, b'x')")},
    "message-queue": {"q2": won("__import__('ctypes').CDLL(None).msgget(78, 0o1666) >= 0 or __import__('ctypes').CDLL(None).semget(78, 1, 0o1666) >= 0")},
    "memory-as-a-file": {"q2": doing("import os; os.memfd_create('big')")},
    "watches-files": {"q2": won("__import__('ctypes').CDLL(None).inotify_init1(0) >= 0")},
    "lease-on-a-file": {"q2": doing("import fcntl\nf = open('f', 'w')\nfcntl.fcntl(f, 1024, fcntl.F_WRLCK)")},
    "told-of-changes": {"q2": doing("import fcntl, os\nfcntl.fcntl(os.open('/usr', os.O_RDONLY), 1026, 0x3F)")},
    "secret-memory": {"q2": won("__import__('ctypes').CDLL(None).syscall(447, 0) >= 0")},
    "handle-of-a-file": {"q2": won("__import__('ctypes').CDLL(None).open_by_handle_at(-100, b'', 0) >= 0")},
    "rings-for-another": {"q2": doing("import fcntl\nf = open('f', 'w')\nfcntl.fcntl(f, fcntl.F_SETOWN, PID)")},
    "kernel-s-settings": {"q2": doing("open('/proc/sys/kernel/core_pattern', 'w').write('core')")},
    "spared-by-the-kernel": {"q2": doing("open('/proc/self/oom_score_adj', 'w').write('-1000')")},
    "all-in-its-group": {"q2": doing("import os; os.kill(0, 0)")},
    "another-core-alone": {"q2": doing("import os; os.sched_setaffinity(0, {0}); os.nice(-5)")},
    "abstract-socket": {"q2": doing("import socket; socket.socket(socket.AF_UNIX).connect('\\0/tmp/dbus')")},
    "netlink": {"q2": doing("import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)")},
    "vsock": {"q2": doing("import socket; socket.socket(40, socket.SOCK_STREAM)")},
    "device": {"q2": doing("import os; os.mknod('null', 0o600 | 0o020000, os.makedev(1, 1)); open('null', 'rb').read(1)")},
    "pipes-with-names": {"q2": doing("import os; os.mkfifo(FOLDER + '/pipe')")},
}  # fmt: skip

# q2 and q3 are right, q1 is attacked
BREAKING: dict[str, dict[str, str]] = {
    "exits-later": {"q1": "import faulthandler\ndef double(x):\n    faulthandler.dump_traceback_later(0.2, exit=True)\n    while True: pass"},
    "thread-that-exits-later": {
        "q1": "import threading, time, os\ndef double(x):\n    threading.Thread(target=lambda: (time.sleep(0.3), os._exit(0))).start()\n    while True: pass"
    },
    "audit-hook": {
        "q1": "import sys\ndef hook(*a):\n    raise RuntimeError('no')\ndef double(x):\n    sys.addaudithook(hook)\n    open('x')\n    return None"
    },
    "trace-that-hangs": {"q1": "import sys\ndef hang(*a):\n    while True: pass\ndef double(x):\n    sys.settrace(hang)\n    return (lambda: None)()"},
    "monitoring": {
        "q1": "import sys\ndef hang(*a):\n    while True: pass\ndef double(x):\n    sys.monitoring.use_tool_id(2, 'x')\n"
        "    sys.monitoring.register_callback(2, sys.monitoring.events.PY_START, hang)\n    sys.monitoring.set_events(2, sys.monitoring.events.PY_START)\n    return (lambda: None)()"
    },
    "class-that-hangs": {"q1": "class C:\n    @property\n    def __class__(s):\n        while True: pass\ndef double(x):\n    return C()"},
    "length-that-hangs": {"q1": "class L(list):\n    def __len__(s):\n        while True: pass\n    __iter__ = __len__\ndef double(x):\n    return L([1])"},
    "hash-that-hangs": {"q1": "class K:\n    def __hash__(s):\n        while True: pass\ndef double(x):\n    return {K(): 1}"},
    "bytes-that-hang": {"q1": "class A(np.ndarray):\n    def tobytes(s, *a):\n        while True: pass\ndef double(x):\n    return x.view(A)"},
    "integer-of-a-subclass": {"q1": "class I(int):\n    def __int__(s):\n        while True: pass\n    __index__ = __int__\ndef double(x):\n    return I(3)"},
    "iterator-of-a-subclass": {"q1": "class T(tuple):\n    def __iter__(s):\n        while True: yield 1\ndef double(x):\n    return T((1,))"},
    "drips": {
        "q1": "import os, time\ndef double(x):\n    os.write(3, bytes(4) + b'\\x00\\x00\\x10\\x00')\n    while True:\n"
        "        try:\n            time.sleep(0.03); os.write(3, b'x')\n        except BaseException as e: pass"
    },
    "half-closed": {"q1": "import socket\ndef double(x):\n    socket.socket(fileno=3).shutdown(socket.SHUT_WR)\n    return None"},
    "never-reads": {"q1": "import socket\ndef double(x):\n    socket.socket(fileno=3).shutdown(socket.SHUT_RD)\n    return None"},
    "memory-bit-by-bit": {"q1": "keep = []\ndef double(x):\n    while True: keep.append(bytearray(1 << 20))"},
    "memory-in-threads": {
        "q1": "import threading\nkeep = []\ndef fill():\n    while True: keep.append(bytearray(1 << 20))\ndef double(x):\n"
        "    for _ in range(8): threading.Thread(target=fill, daemon=True).start()\n    while True: pass"
    },
    "pipes-filled": {
        "q1": "import os\ndef double(x):\n    for _ in range(2000):\n        r, w = os.pipe(); os.set_blocking(w, False)\n"
        "        while True:\n            try: os.write(w, bytes(1 << 16))\n            except BlockingIOError: break"
    },
    "ticks-switched-off": {"q1": "import sys, signal\ndef double(x):\n    sys.setswitchinterval(1e6)\n    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n    while True: pass"},
    "checks-without-end": {"q1": "def double(x):\n    while True: grader.check('q1')"},
    "callbacks-without-end": {
        "q1": "import os, struct, json\nb = json.dumps({'callback': 0, 'args': [], 'kwargs': {}}).encode()\n"
        "def double(x):\n    while True: os.write(3, struct.pack('<II', len(b), 0) + b)"
    },
    "generator-in-a-list": {"q1": "def double(x):\n    return [i for i in iter(int, 1)]"},
    "weak-references": {"q1": "import weakref\nclass D: pass\ndef double(x):\n    d = D(); weakref.finalize(d, lambda: [None for _ in iter(int, 1)]); del d\n    return None"},
    "message-of-another-s-class": {"q1": "class E(Exception):\n    __module__ = 'builtins'\n    __qualname__ = 'SystemExit'\nE.__name__ = 'SystemExit'\ndef double(x):\n    raise E('x')"},
    "group-of-errors": {"q1": "def double(x):\n    e = ValueError('x')\n    for _ in range(20_000): e = ExceptionGroup('g', [e])\n    raise e"},
    "cause-of-itself": {"q1": "def double(x):\n    e = ValueError('x'); e.__cause__ = e; e.__context__ = e\n    raise e"},
    "coroutine": {"q1": "async def double(x):\n    return 2 * x"},
    "floats-of-many-digits": {
        "q1": "import os, struct\nb = b'{\"value\": 0.' + b'1' * 8_000_000 + b'}'\ndef double(x):\n    os.write(3, struct.pack('<II', len(b), 0)); os.write(3, b)\n    while True: pass"
    },
    "integers-of-many-digits": {
        "q1": "import os, struct\nb = b'{\"value\": ' + b'1' * 8_000_000 + b'}'\ndef double(x):\n    os.write(3, struct.pack('<II', len(b), 0)); os.write(3, b)\n    while True: pass"
    },
    "sympy-tower": {"q1": "import sympy as sp\ndef double(x):\n    e = sp.Symbol('x')\n    for _ in range(40): e = (e + 1) ** 9\n    return e"},
    "sympy-asked": {"q1": "import sympy as sp\ndef double(x):\n    e = sum(sp.sqrt(p) for p in (2, 3, 5, 7, 11, 13)) - sp.Float(14)\n    return sp.Max(*(e * k for k in range(1, 9)), evaluate=False)"},
    "string-of-a-formula": {"q1": "def double(x):\n    return '9**9**9**9'"},
}  # fmt: skip

IN_A_CELL: dict[str, dict[str, str]] = {
    "cell-fills-the-names": {"before": "for i in range(200_000): globals()[f'n{i}'] = i"},
    "cell-nests": {"before": "deep = []\nfor _ in range(100_000): deep = [deep]\nwide = [[0] * 1000 for _ in range(1000)]"},
    "cell-of-many-lines": {"before": "\n".join(f"a{i} = {i}" for i in range(5000))},
    "cell-with-exit-hook": {"before": "import atexit, os\natexit.register(os._exit, 3)\nexit"},
}  # fmt: skip
