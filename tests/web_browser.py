"""A page in Chromium, as its users see and use it."""

from selenium import webdriver
from selenium.webdriver import ActionChains
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

FLAGS = """
--headless --no-sandbox --disable-gpu --disable-quic --no-first-run
--disable-background-networking --disable-component-update --disable-sync
--window-size=1200,900
""".split()
SECONDS = 60  # a page may be slow where much else goes on
EXAMPLE = "handwriting, / point by point"  # what the page shows first


def start(program, driver, profile):
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in [*FLAGS, f"--user-data-dir={profile}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service(driver))


class Page:
    """What a user sees and does."""

    def __init__(self, browser, address, downloads):
        self.browser = browser
        self.address = address
        self.downloads = downloads

    def open(self, path="/", **media):
        features = [{"name": k.replace("_", "-"), "value": v} for k, v in media.items()]
        self.command("Emulation.setEmulatedMedia", features=features)
        self.browser.get("about:blank")  # another fragment alone would open nothing
        self.browser.get(self.address + path)
        return self

    def resize(self, width, height, mobile=True):
        size = {"width": width, "height": height, "deviceScaleFactor": 2}
        self.command("Emulation.setDeviceMetricsOverride", **size, mobile=mobile)

    def command(self, name, **options):
        return self.browser.execute_cdp_cmd(name, options)

    def run(self, script, *args):
        return self.browser.execute_script(script, *args)

    def __getitem__(self, name):
        return self.browser.find_element(By.ID, name)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def wait(self, condition):
        return WebDriverWait(self.browser, SECONDS, 0.05).until(lambda _: condition())

    def wait_for_ink(self, text):
        """Until this is on the paper, written to its end."""
        name = f"Handwriting that reads: {text}"
        self.wait(lambda: self["ink"].get_attribute("aria-label") == name)
        self.wait(lambda: self["sheet"].get_attribute("data-state") == "done")
        self.wait(lambda: self["form"].get_attribute("aria-busy") != "true")
        return self.paths()

    def paths(self):
        script = "document.querySelectorAll('#ink path')"
        return self.run(f"return [...{script}].map(p => p.getAttribute('d'))")

    def type(self, text):
        self["text"].clear()
        self["text"].send_keys(text)

    def write(self, text):
        self.type(text)
        self["write"].click()

    def choose_style(self, choice):
        """One of "", "kept", "own", "style:NAME"."""
        label = f"document.querySelector('#choices [value=\"{choice}\"]').parentNode"
        self.run(f"{label}.click()")

    def set(self, name, value):
        """Moves a slider, or picks a colour."""
        script = "arguments[0].value = arguments[1];"
        script += "arguments[0].dispatchEvent(new Event('input'))"
        self.run(script, self[name], value)

    def draw(self, *strokes):
        """Strokes of the mouse on the pad, from its middle."""
        pad = self.all("#pad svg")[0]
        self.run("arguments[0].scrollIntoView({block: 'center'})", pad)
        for first, *rest in strokes:
            actions = ActionChains(self.browser, duration=10)
            actions.move_to_element_with_offset(pad, *first).click_and_hold()
            actions.pause(0.02)  # no hand moves as soon as a program does
            for step in rest:
                actions.move_by_offset(*step)
            actions.release().perform()

    def downloaded(self, name):
        path = self.downloads / name
        self.wait(path.exists)
        return path

    def is_in_view(self, element):
        script = (
            "const box = arguments[0].getBoundingClientRect();"
            "return box.top >= 0 && box.bottom <= innerHeight"
        )
        return self.run(script, element)
